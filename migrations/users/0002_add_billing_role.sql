-- The role billing, and an owner guard that looks when the transaction ends: handing an organisation
-- over may then be written in either order. Roles are not validated here: each row kept to the
-- narrower rule, and reading them all would hold the lock.
-- Lock cost: membership and invitation exclusively, for catalogue changes only; no row is read.
-- phase: expand

ALTER TABLE users.membership DROP CONSTRAINT membership_role_check;
ALTER TABLE users.membership ADD CONSTRAINT membership_role_check
    CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'billing')) NOT VALID;
ALTER TABLE users.invitation DROP CONSTRAINT invitation_role_check;
ALTER TABLE users.invitation ADD CONSTRAINT invitation_role_check
    CHECK (role IN ('owner', 'admin', 'member', 'viewer', 'billing')) NOT VALID;

DROP TRIGGER membership_keeps_an_owner ON users.membership;
CREATE CONSTRAINT TRIGGER membership_keeps_an_owner
    AFTER UPDATE OF role OR DELETE ON users.membership
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'owner')
    EXECUTE FUNCTION users.keep_an_owner();

-- The organisations the person who acts owns: they are locked one after the other before the person
-- is erased, so that the guard above finds nobody to wait for.
CREATE FUNCTION users.owned_orgs_of_person(most bigint) RETURNS TABLE (id uuid)
    LANGUAGE sql STABLE
AS $$
    SELECT m.org_id FROM users.membership m
    WHERE m.person_id = platform.current_person() AND m.role = 'owner'
    ORDER BY m.org_id LIMIT most
$$;
SELECT platform.declare_definer('users.owned_orgs_of_person(bigint)');

-- down
DROP FUNCTION users.owned_orgs_of_person(bigint);
DROP TRIGGER membership_keeps_an_owner ON users.membership;
CREATE CONSTRAINT TRIGGER membership_keeps_an_owner
    AFTER UPDATE OF role OR DELETE ON users.membership
    FOR EACH ROW WHEN (OLD.role = 'owner')
    EXECUTE FUNCTION users.keep_an_owner();
UPDATE users.membership SET role = 'viewer' WHERE role = 'billing';
UPDATE users.invitation SET role = 'viewer' WHERE role = 'billing';
ALTER TABLE users.invitation DROP CONSTRAINT invitation_role_check;
ALTER TABLE users.invitation ADD CONSTRAINT invitation_role_check
    CHECK (role IN ('owner', 'admin', 'member', 'viewer'));
ALTER TABLE users.membership DROP CONSTRAINT membership_role_check;
ALTER TABLE users.membership ADD CONSTRAINT membership_role_check
    CHECK (role IN ('owner', 'admin', 'member', 'viewer'));

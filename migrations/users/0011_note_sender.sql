-- An invitation is worth what its sender may do when it is accepted, so it says who that is. Neither
-- reference: who is erased, or a key that is revoked, stands for nothing any more.
-- Lock cost: the table's lock for a moment; then the open invitations there are, each by a look-up in
-- the trail, by its target.
-- phase: expand

ALTER TABLE users.invitation
    ADD COLUMN invited_by uuid,
    ADD COLUMN invited_by_key uuid,
    ADD COLUMN by_system boolean NOT NULL DEFAULT false;

-- The release before notes nobody itself: a person is known from the transaction. What a key of that
-- release sends is void.
ALTER TABLE users.invitation ALTER COLUMN invited_by SET DEFAULT platform.current_person();

UPDATE users.invitation i SET
    invited_by = CASE WHEN a.actor_kind = 'person' THEN a.actor_id END,
    invited_by_key = CASE WHEN a.actor_kind = 'key' THEN a.actor_id END,
    by_system = a.actor_kind = 'system'
FROM platform.audit a
WHERE a.target_id = i.id AND a.action = 'users.invited';

-- Whom to tell of what every owner must hear of: names and addresses of the current organisation's.
CREATE FUNCTION users.owners_of_org(most bigint) RETURNS TABLE (id uuid, name text, email text)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
        SELECT p.id, p.name, p.email
        FROM users.membership m JOIN users.person p ON p.id = m.person_id
        WHERE m.org_id = platform.current_org() AND m.role = 'owner'
        ORDER BY m.joined_at, m.person_id LIMIT most;
END
$$;
SELECT platform.declare_definer('users.owners_of_org(bigint)');

-- down
DROP FUNCTION users.owners_of_org(bigint);
ALTER TABLE users.invitation
    DROP COLUMN invited_by,
    DROP COLUMN invited_by_key,
    DROP COLUMN by_system;

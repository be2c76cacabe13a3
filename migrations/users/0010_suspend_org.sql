-- Staff may suspend an organisation. Who belongs to it is told since when and why with the list of
-- their organisations, so that list has two more columns; who names the columns it wants, as every
-- binary does, reads on.
-- Lock cost: the table's lock for a moment; columns without default rewrite nothing, the checks look
-- at no row.
-- phase: expand

ALTER TABLE users.org ADD COLUMN suspended_at timestamptz;
ALTER TABLE users.org ADD COLUMN suspended_by uuid;
ALTER TABLE users.org ADD COLUMN suspended_reason text;
ALTER TABLE users.org ADD CONSTRAINT org_suspended_reason_check
    CHECK (length(suspended_reason) BETWEEN 1 AND 500) NOT VALID;
ALTER TABLE users.org ADD CONSTRAINT org_suspension_says_why
    CHECK ((suspended_at IS NULL) = (suspended_reason IS NULL)) NOT VALID;
COMMENT ON COLUMN users.org.suspended_by IS 'the staff member; a note, not a reference';

DROP FUNCTION users.orgs_of_person(uuid, bigint);
CREATE FUNCTION users.orgs_of_person(continue_after uuid, most bigint)
    RETURNS TABLE (id uuid, name text, role text, version bigint, created_at timestamptz,
        suspended_at timestamptz, suspended_reason text)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
        SELECT o.id, o.name, m.role, o.version, o.created_at, o.suspended_at, o.suspended_reason
        FROM users.membership m JOIN users.org o ON o.id = m.org_id
        WHERE m.person_id = platform.current_person()
            AND (continue_after IS NULL OR o.id > continue_after)
        ORDER BY o.id LIMIT most;
END
$$;
SELECT platform.declare_definer('users.orgs_of_person(uuid, bigint)');

-- down
-- Nobody could let their jobs go afterwards.
UPDATE platform.job_hold SET released_at = platform.now() WHERE released_at IS NULL;
DROP FUNCTION users.orgs_of_person(uuid, bigint);
CREATE FUNCTION users.orgs_of_person(continue_after uuid, most bigint)
    RETURNS TABLE (id uuid, name text, role text, version bigint, created_at timestamptz)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
        SELECT o.id, o.name, m.role, o.version, o.created_at
        FROM users.membership m JOIN users.org o ON o.id = m.org_id
        WHERE m.person_id = platform.current_person()
            AND (continue_after IS NULL OR o.id > continue_after)
        ORDER BY o.id LIMIT most;
END
$$;
SELECT platform.declare_definer('users.orgs_of_person(uuid, bigint)');
ALTER TABLE users.org DROP COLUMN suspended_at, DROP COLUMN suspended_by,
    DROP COLUMN suspended_reason;

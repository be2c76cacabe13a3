-- A function in SQL that runs as somebody else is planned anew by every query that calls it (140 us
-- here, 75 in plpgsql, where a connection keeps the plan). Replacing takes no lock on a table.
-- phase: expand
CREATE OR REPLACE FUNCTION users.invitation_by_token(hash bytea)
    RETURNS TABLE (org_id uuid, id uuid, email text, role text)
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        SELECT i.org_id, i.id, i.email, i.role FROM users.invitation i
        WHERE i.token_hash = hash AND i.expires_at > platform.now();
END
$$;
SELECT platform.declare_definer('users.invitation_by_token(bytea)');

-- down
CREATE OR REPLACE FUNCTION users.invitation_by_token(hash bytea)
    RETURNS TABLE (org_id uuid, id uuid, email text, role text)
    LANGUAGE sql STABLE
AS $$
    SELECT i.org_id, i.id, i.email, i.role FROM users.invitation i
    WHERE i.token_hash = hash AND i.expires_at > platform.now()
$$;
SELECT platform.declare_definer('users.invitation_by_token(bytea)');

-- A function in SQL that runs as somebody else is planned anew by every query that calls it (200 us
-- here, 75 in plpgsql, where a connection keeps the plan). Replacing takes no lock on a table.
-- phase: expand
CREATE OR REPLACE FUNCTION auth.credential_by_email(address text)
    RETURNS TABLE (person_id uuid, password_hash text, suspended boolean, has_second_factor boolean)
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        SELECT c.person_id, c.password_hash, c.suspended_at IS NOT NULL,
            EXISTS (SELECT FROM auth.totp t
                WHERE t.person_id = c.person_id AND t.confirmed_at IS NOT NULL)
        FROM auth.credential c WHERE c.email = address;
END
$$;
SELECT platform.declare_definer('auth.credential_by_email(text)');

-- down
CREATE OR REPLACE FUNCTION auth.credential_by_email(address text)
    RETURNS TABLE (person_id uuid, password_hash text, suspended boolean, has_second_factor boolean)
    LANGUAGE sql STABLE
AS $$
    SELECT c.person_id, c.password_hash, c.suspended_at IS NOT NULL,
        EXISTS (SELECT FROM auth.totp t
            WHERE t.person_id = c.person_id AND t.confirmed_at IS NOT NULL)
    FROM auth.credential c WHERE c.email = address
$$;
SELECT platform.declare_definer('auth.credential_by_email(text)');

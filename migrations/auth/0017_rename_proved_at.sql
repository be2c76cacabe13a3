-- The field's name for when a session's credentials were checked last. No earlier binary finds the column: stop
-- the server first (docs/upgrading.md).
-- Lock cost: exclusive for a moment, no rewrite; the function is replaced in the same instant.
-- phase: contract
-- oldest-binary: 0.1.0

ALTER TABLE auth.session RENAME COLUMN proved_at TO reauthenticated_at;

DROP FUNCTION auth.identity(bytea);
CREATE FUNCTION auth.identity(hash bytea)
    RETURNS TABLE (person_id uuid, session_id uuid, email text, factors text,
        signed_in_at timestamptz, reauthenticated_at timestamptz, stale boolean)
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        SELECT s.person_id, s.id, c.email, s.factors, s.signed_in_at,
            coalesce(s.reauthenticated_at, s.signed_in_at),
            s.last_used_at < platform.now() - interval '5 minutes'
        FROM auth.session s JOIN auth.credential c ON c.person_id = s.person_id
        WHERE s.token_hash = hash
            AND s.expires_at > platform.now()
            AND s.last_used_at + s.idle_for > platform.now()
            AND c.suspended_at IS NULL;
END
$$;
SELECT platform.declare_definer('auth.identity(bytea)');

-- down
DROP FUNCTION auth.identity(bytea);
ALTER TABLE auth.session RENAME COLUMN reauthenticated_at TO proved_at;
CREATE FUNCTION auth.identity(hash bytea)
    RETURNS TABLE (person_id uuid, session_id uuid, email text, factors text,
        signed_in_at timestamptz, proved_at timestamptz, stale boolean)
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        SELECT s.person_id, s.id, c.email, s.factors, s.signed_in_at,
            coalesce(s.proved_at, s.signed_in_at),
            s.last_used_at < platform.now() - interval '5 minutes'
        FROM auth.session s JOIN auth.credential c ON c.person_id = s.person_id
        WHERE s.token_hash = hash
            AND s.expires_at > platform.now()
            AND s.last_used_at + s.idle_for > platform.now()
            AND c.suspended_at IS NULL;
END
$$;
SELECT platform.declare_definer('auth.identity(bytea)');

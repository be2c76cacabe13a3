-- When a session last proved its credentials, and who is suspended.
-- Lock cost: columns without a rewrite; the function is replaced in the same instant. Binaries from
-- before name the columns they want, so both work with it.
-- phase: expand

-- NULL: a session from before; then it is as old as its sign-in.
ALTER TABLE auth.session ADD COLUMN proved_at timestamptz;
ALTER TABLE auth.session ALTER COLUMN proved_at SET DEFAULT platform.now();

ALTER TABLE auth.credential ADD COLUMN suspended_at timestamptz;

DROP FUNCTION auth.identity(bytea);
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

-- down
DROP FUNCTION auth.identity(bytea);
CREATE FUNCTION auth.identity(hash bytea)
    RETURNS TABLE (person_id uuid, session_id uuid, email text, factors text,
        signed_in_at timestamptz, stale boolean)
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        SELECT s.person_id, s.id, c.email, s.factors, s.signed_in_at,
            s.last_used_at < platform.now() - interval '5 minutes'
        FROM auth.session s JOIN auth.credential c ON c.person_id = s.person_id
        WHERE s.token_hash = hash
            AND s.expires_at > platform.now()
            AND s.last_used_at + s.idle_for > platform.now();
END
$$;
SELECT platform.declare_definer('auth.identity(bytea)');
ALTER TABLE auth.credential DROP COLUMN suspended_at;
ALTER TABLE auth.session DROP COLUMN proved_at;

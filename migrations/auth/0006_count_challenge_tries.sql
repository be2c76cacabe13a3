-- A try at a second factor is counted by the same statement that finds whose it is.
-- Lock cost: none; no binary uses the function that goes.
-- phase: expand

DROP FUNCTION auth.challenge_by_token(bytea);

CREATE FUNCTION auth.try_challenge(hash bytea, most integer)
    RETURNS TABLE (id uuid, person_id uuid, email text)
    LANGUAGE plpgsql VOLATILE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        UPDATE auth.challenge h SET tries = h.tries + 1
        FROM auth.credential c
        WHERE h.token_hash = hash AND h.tries < most AND h.expires_at > platform.now()
            AND c.person_id = h.person_id AND c.suspended_at IS NULL
        RETURNING h.id, h.person_id, c.email;
END
$$;
SELECT platform.declare_definer('auth.try_challenge(bytea, integer)');

-- down
DROP FUNCTION auth.try_challenge(bytea, integer);
CREATE FUNCTION auth.challenge_by_token(hash bytea)
    RETURNS TABLE (id uuid, person_id uuid, email text)
    LANGUAGE sql STABLE
AS $$
    SELECT h.id, h.person_id, c.email
    FROM auth.challenge h JOIN auth.credential c ON c.person_id = h.person_id
    WHERE h.token_hash = hash AND h.expires_at > platform.now() AND c.suspended_at IS NULL
$$;
SELECT platform.declare_definer('auth.challenge_by_token(bytea)');

-- Mailed links that set a new password, and what sign-in has to know of an account.
-- Lock cost: a column without a rewrite on a small table; the function is replaced in the same
-- instant. Binaries from before name the columns they want, so both work with it.
-- phase: expand

CREATE TABLE auth.password_reset (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES users.person (id),
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    expires_at timestamptz NOT NULL,
    CONSTRAINT password_reset_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX password_reset_person_idx ON auth.password_reset (person_id);
CREATE INDEX password_reset_expires_idx ON auth.password_reset (expires_at);
SELECT platform.declare_person('auth.password_reset');

-- Whose password may it set? Asked before anybody is known.
CREATE FUNCTION auth.reset_by_token(hash bytea)
    RETURNS TABLE (id uuid, person_id uuid, email text)
    LANGUAGE sql STABLE
AS $$
    SELECT r.id, r.person_id, c.email
    FROM auth.password_reset r JOIN auth.credential c ON c.person_id = r.person_id
    WHERE r.token_hash = hash AND r.expires_at > platform.now()
$$;
SELECT platform.declare_definer('auth.reset_by_token(bytea)');

-- Wrong passwords in a row are remembered longer than those that only make one wait.
ALTER TABLE auth.throttle ADD COLUMN forget_after interval NOT NULL DEFAULT '1 day';

DROP FUNCTION auth.credential_by_email(text);
CREATE FUNCTION auth.credential_by_email(address text)
    RETURNS TABLE (person_id uuid, password_hash text, suspended boolean, has_second_factor boolean)
    LANGUAGE sql STABLE
AS $$
    SELECT c.person_id, c.password_hash, c.suspended_at IS NOT NULL,
        EXISTS (SELECT FROM auth.totp t
            WHERE t.person_id = c.person_id AND t.confirmed_at IS NOT NULL)
    FROM auth.credential c WHERE c.email = address
$$;
SELECT platform.declare_definer('auth.credential_by_email(text)');

-- down
DROP FUNCTION auth.credential_by_email(text);
CREATE FUNCTION auth.credential_by_email(address text)
    RETURNS TABLE (person_id uuid, password_hash text)
    LANGUAGE sql STABLE
AS $$
    SELECT c.person_id, c.password_hash FROM auth.credential c WHERE c.email = address
$$;
SELECT platform.declare_definer('auth.credential_by_email(text)');
ALTER TABLE auth.throttle DROP COLUMN forget_after;
DROP FUNCTION auth.reset_by_token(bytea);
DROP TABLE auth.password_reset;

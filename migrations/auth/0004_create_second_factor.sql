-- Codes of an authenticator app, recovery codes, and sign-ins that wait for one of them.
-- Lock cost: none, everything is new.
-- phase: expand

-- The secret is sealed to its person. last_step is the time step of the last code that was taken:
-- none is taken twice, and none older than it.
CREATE TABLE auth.totp (
    person_id uuid PRIMARY KEY REFERENCES users.person (id),
    secret bytea NOT NULL CHECK (length(secret) <= 200),
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0
);
SELECT platform.declare_person('auth.totp');

-- A used one is gone.
CREATE TABLE auth.recovery_code (
    person_id uuid NOT NULL REFERENCES users.person (id),
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    PRIMARY KEY (person_id, code_hash)
);
SELECT platform.declare_person('auth.recovery_code');

-- The password was right, the second factor is still to come.
CREATE TABLE auth.challenge (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES users.person (id),
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    tries integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    CONSTRAINT challenge_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX challenge_person_idx ON auth.challenge (person_id);
CREATE INDEX challenge_expires_idx ON auth.challenge (expires_at);
SELECT platform.declare_person('auth.challenge');

-- Whose sign-in is it? Asked before anybody is known.
CREATE FUNCTION auth.challenge_by_token(hash bytea)
    RETURNS TABLE (id uuid, person_id uuid, email text)
    LANGUAGE sql STABLE
AS $$
    SELECT h.id, h.person_id, c.email
    FROM auth.challenge h JOIN auth.credential c ON c.person_id = h.person_id
    WHERE h.token_hash = hash AND h.expires_at > platform.now() AND c.suspended_at IS NULL
$$;
SELECT platform.declare_definer('auth.challenge_by_token(bytea)');

-- down
DROP FUNCTION auth.challenge_by_token(bytea);
DROP TABLE auth.challenge;
DROP TABLE auth.recovery_code;
DROP TABLE auth.totp;

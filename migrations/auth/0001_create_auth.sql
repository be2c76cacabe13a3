-- Sign-ups that wait for their mail, credentials, sessions, and the counters that slow guessing.
-- Lock cost: none, everything is new.
-- phase: expand

SELECT platform.declare_schema('auth');

-- A sign-up becomes a person only when its mail was answered, so an address cannot be squatted.
-- There may be several for one address: whose link is followed first wins, the others go.
CREATE TABLE auth.signup (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254 AND email = lower(email)),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    locale text NOT NULL CHECK (length(locale) BETWEEN 2 AND 35),
    password_hash text NOT NULL CHECK (length(password_hash) <= 200),
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    browser_hash bytea NOT NULL CHECK (length(browser_hash) = 32),
    code_tries integer NOT NULL DEFAULT 0,
    code_expires_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT signup_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX signup_email_idx ON auth.signup (email);
CREATE INDEX signup_expires_idx ON auth.signup (expires_at);
SELECT platform.declare_platform('auth.signup');
GRANT SELECT, INSERT, UPDATE, DELETE ON auth.signup TO ashlar_app;

CREATE TABLE auth.credential (
    person_id uuid PRIMARY KEY REFERENCES users.person (id),
    email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254 AND email = lower(email)),
    password_hash text NOT NULL CHECK (length(password_hash) <= 200),
    verified_at timestamptz NOT NULL DEFAULT platform.now(),
    CONSTRAINT credential_email_key UNIQUE (email)
);
SELECT platform.declare_person('auth.credential');

-- The lifetimes are written into the row when it is made, so the look-up needs nothing but the hash
-- and a changed setting holds for new sessions.
CREATE TABLE auth.session (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES users.person (id),
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    factors text NOT NULL CHECK (length(factors) BETWEEN 1 AND 100),
    network text CHECK (length(network) <= 60),
    user_agent text CHECK (length(user_agent) <= 200),
    signed_in_at timestamptz NOT NULL DEFAULT platform.now(),
    last_used_at timestamptz NOT NULL DEFAULT platform.now(),
    idle_for interval NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT session_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX session_person_idx ON auth.session (person_id);
CREATE INDEX session_expires_idx ON auth.session (expires_at);
SELECT platform.declare_person('auth.session');

-- Keys are keyed hashes of addresses, networks and what is counted: the table names nobody.
CREATE TABLE auth.throttle (
    key bytea PRIMARY KEY CHECK (length(key) = 32),
    tries integer NOT NULL DEFAULT 0,
    since timestamptz NOT NULL DEFAULT platform.now(),
    blocked_until timestamptz NOT NULL DEFAULT platform.now()
);
CREATE INDEX throttle_since_idx ON auth.throttle (since);
SELECT platform.declare_platform('auth.throttle');
GRANT SELECT, INSERT, UPDATE, DELETE ON auth.throttle TO ashlar_app;

-- Who holds this session? Runs before anybody is known, with every signed-in request: one look-up
-- by the hash, then one by primary key. In plpgsql, which keeps its plan; a function in SQL that
-- runs as somebody else is planned anew at every call, which costs several times the look-up.
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

-- The password to compare with, before anybody is known.
CREATE FUNCTION auth.credential_by_email(address text)
    RETURNS TABLE (person_id uuid, password_hash text)
    LANGUAGE sql STABLE
AS $$
    SELECT c.person_id, c.password_hash FROM auth.credential c WHERE c.email = address
$$;
SELECT platform.declare_definer('auth.credential_by_email(text)');

-- down
DROP SCHEMA auth CASCADE;

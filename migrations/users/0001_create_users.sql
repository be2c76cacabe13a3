-- People, the organisations they work in, who belongs to which, and who is invited.
-- Lock cost: none, everything is new.
-- phase: expand

SELECT platform.declare_schema('users');

-- `email` is the verified address as auth told it; auth alone proves and changes addresses.
CREATE TABLE users.person (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254 AND email = lower(email)),
    locale text NOT NULL CHECK (length(locale) BETWEEN 2 AND 35),
    created_at timestamptz NOT NULL DEFAULT platform.now()
);
SELECT platform.declare_person('users.person', 'id');

CREATE TABLE users.org (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT platform.now()
);
SELECT platform.declare_tenant('users.org', 'id');

-- Both cascades are wanted: who erases a person cannot reach the other organisations' rows, and
-- the database removes them as the tables' owner, past the fence.
CREATE TABLE users.membership (
    org_id uuid NOT NULL REFERENCES users.org (id) ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES users.person (id) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    joined_at timestamptz NOT NULL DEFAULT platform.now(),
    PRIMARY KEY (org_id, person_id)
);
CREATE INDEX membership_person_idx ON users.membership (person_id);
SELECT platform.declare_tenant('users.membership');

-- Only open invitations have a row: accepting or withdrawing one deletes it, so a token works once
-- and no list of strangers' addresses grows here.
CREATE TABLE users.invitation (
    org_id uuid NOT NULL REFERENCES users.org (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254 AND email = lower(email)),
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    CONSTRAINT invitation_org_email_key UNIQUE (org_id, email),
    CONSTRAINT invitation_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX invitation_expires_idx ON users.invitation (expires_at);
SELECT platform.declare_tenant('users.invitation');

-- An organisation keeps an owner as long as it exists. The row lock makes two owners who leave at
-- the same moment follow each other; the count is a statement of its own, so it sees the first one
-- gone. It runs as ashlar_system because a cascade may come from outside the tenant.
CREATE FUNCTION users.keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users.org WHERE id = OLD.org_id FOR NO KEY UPDATE;
    IF FOUND AND NOT EXISTS (
        SELECT FROM users.membership WHERE org_id = OLD.org_id AND role = 'owner')
    THEN
        RAISE EXCEPTION 'organisation % would be left without an owner', OLD.org_id
            USING ERRCODE = 'check_violation', SCHEMA = 'users', TABLE = 'membership',
                CONSTRAINT = 'membership_keeps_an_owner';
    END IF;
    RETURN NULL;
END
$$;
SELECT platform.declare_definer('users.keep_an_owner()');

CREATE CONSTRAINT TRIGGER membership_keeps_an_owner
    AFTER UPDATE OF role OR DELETE ON users.membership
    FOR EACH ROW WHEN (OLD.role = 'owner')
    EXECUTE FUNCTION users.keep_an_owner();

-- Whose invitation is it? Asked before the tenant is known; only who holds the token can ask.
CREATE FUNCTION users.invitation_by_token(hash bytea)
    RETURNS TABLE (org_id uuid, id uuid, email text, role text)
    LANGUAGE sql STABLE
AS $$
    SELECT i.org_id, i.id, i.email, i.role FROM users.invitation i
    WHERE i.token_hash = hash AND i.expires_at > platform.now()
$$;
SELECT platform.declare_definer('users.invitation_by_token(bytea)');

-- The organisations of the person who acts; the actor is read here and not passed in, so nobody can
-- ask about somebody else. What is read often is in plpgsql, which keeps its plan: a function in SQL
-- that runs as somebody else is planned anew at every call.
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

-- Those of them that nobody else belongs to: they go when the person is erased.
CREATE FUNCTION users.lone_orgs_of_person(most bigint) RETURNS TABLE (id uuid)
    LANGUAGE sql STABLE
AS $$
    SELECT m.org_id FROM users.membership m
    WHERE m.person_id = platform.current_person()
        AND NOT EXISTS (
            SELECT FROM users.membership other
            WHERE other.org_id = m.org_id AND other.person_id <> m.person_id)
    ORDER BY m.org_id LIMIT most
$$;
SELECT platform.declare_definer('users.lone_orgs_of_person(bigint)');

-- Names and addresses of the current organisation's members. A person's row is fenced to that
-- person; these two are the only windows in the fence.
CREATE FUNCTION users.members_of_org(continue_after uuid, most bigint)
    RETURNS TABLE (id uuid, name text, email text, role text, joined_at timestamptz)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
        SELECT p.id, p.name, p.email, m.role, m.joined_at
        FROM users.membership m JOIN users.person p ON p.id = m.person_id
        WHERE m.org_id = platform.current_org()
            AND (continue_after IS NULL OR m.person_id > continue_after)
        ORDER BY m.person_id LIMIT most;
END
$$;
SELECT platform.declare_definer('users.members_of_org(uuid, bigint)');

CREATE FUNCTION users.member_of_org(person uuid, address text)
    RETURNS TABLE (id uuid, name text, email text, role text, joined_at timestamptz)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
        SELECT p.id, p.name, p.email, m.role, m.joined_at
        FROM users.membership m JOIN users.person p ON p.id = m.person_id
        WHERE m.org_id = platform.current_org() AND (m.person_id = person OR p.email = address);
END
$$;
SELECT platform.declare_definer('users.member_of_org(uuid, text)');

-- down
DROP SCHEMA users CASCADE;

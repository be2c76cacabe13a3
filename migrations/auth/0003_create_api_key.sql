-- Keys of organisations, for programs.
-- Lock cost: none, everything is new.
-- phase: expand

-- created_by is a note, not a reference: the key is the organisation's and outlives its maker.
CREATE TABLE auth.api_key (
    org_id uuid NOT NULL REFERENCES users.org (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    hint text NOT NULL CHECK (length(hint) <= 20),
    scopes text[] NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 100),
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    PRIMARY KEY (org_id, id),
    CONSTRAINT api_key_token_hash_key UNIQUE (token_hash)
);
SELECT platform.declare_tenant('auth.api_key');

-- Which key is this? Runs before anybody is known, with every request that carries one; in plpgsql
-- for the same reason as auth.identity.
CREATE FUNCTION auth.key_identity(hash bytea)
    RETURNS TABLE (key_id uuid, org_id uuid, scopes text, stale boolean)
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        SELECT k.id, k.org_id, array_to_string(k.scopes, '|'),
            coalesce(k.last_used_at < platform.now() - interval '5 minutes', true)
        FROM auth.api_key k
        WHERE k.token_hash = hash
            AND (k.expires_at IS NULL OR k.expires_at > platform.now());
END
$$;
SELECT platform.declare_definer('auth.key_identity(bytea)');

-- down
DROP TABLE auth.api_key;
DROP FUNCTION auth.key_identity(bytea);

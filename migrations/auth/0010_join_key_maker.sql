-- A key has the authority of a person: of who made it, or adopted it last (created_by). Who is suspended
-- lends none, so neither do their keys; what else the person may do is users' to say.
-- Lock cost: none, no table is touched.
-- phase: expand

-- Which key is this, and whose authority has it? Runs before anybody is known, with every request that
-- carries one; in plpgsql for the same reason as auth.identity.
CREATE FUNCTION auth.identity_of_key(hash bytea)
    RETURNS TABLE (key_id uuid, org_id uuid, maker_id uuid, scopes text, stale boolean)
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        SELECT k.id, k.org_id, k.created_by, array_to_string(k.scopes, '|'),
            coalesce(k.last_used_at < platform.now() - interval '5 minutes', true)
        FROM auth.api_key k
        WHERE k.token_hash = hash
            AND (k.expires_at IS NULL OR k.expires_at > platform.now())
            AND NOT EXISTS (SELECT FROM auth.credential c
                WHERE c.person_id = k.created_by AND c.suspended_at IS NOT NULL);
END
$$;
SELECT platform.declare_definer('auth.identity_of_key(bytea)');

-- The same for the release before, which does not look at the maker itself.
CREATE OR REPLACE FUNCTION auth.key_identity(hash bytea)
    RETURNS TABLE (key_id uuid, org_id uuid, scopes text, stale boolean)
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        SELECT i.key_id, i.org_id, i.scopes, i.stale FROM auth.identity_of_key(hash) i;
END
$$;
SELECT platform.declare_definer('auth.key_identity(bytea)');

-- Only who holds the key can ask.
CREATE FUNCTION auth.orphan_of_key(hash bytea) RETURNS TABLE (key_id uuid)
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        SELECT k.id FROM auth.api_key k
        WHERE k.token_hash = hash
            AND (k.expires_at IS NULL OR k.expires_at > platform.now());
END
$$;
SELECT platform.declare_definer('auth.orphan_of_key(bytea)');

-- Who of these people, and of these keys of the current organisation, stands for anything now?
CREATE FUNCTION auth.standing(people text, keys text)
    RETURNS TABLE (key_id uuid, person_id uuid, scopes text)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
        WITH asked AS (
            SELECT NULL::uuid AS key_id, p.id AS person_id, NULL::text AS scopes
            FROM (SELECT DISTINCT unnest(string_to_array(people, '|')::uuid[]) AS id) AS p
            UNION ALL
            SELECT k.id, k.created_by, array_to_string(k.scopes, '|')
            FROM auth.api_key k
            WHERE k.org_id = platform.current_org()
                AND k.id = ANY (string_to_array(keys, '|')::uuid[])
                AND (k.expires_at IS NULL OR k.expires_at > platform.now()))
        SELECT a.key_id, a.person_id, a.scopes FROM asked a
        WHERE NOT EXISTS (SELECT FROM auth.credential c
            WHERE c.person_id = a.person_id AND c.suspended_at IS NOT NULL);
END
$$;
SELECT platform.declare_definer('auth.standing(text, text)');

-- Where the person who acts has keys; read here and not passed in, so nobody can ask about somebody else.
CREATE FUNCTION auth.orgs_with_my_keys(most bigint) RETURNS TABLE (id uuid)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
        SELECT DISTINCT k.org_id FROM auth.api_key k
        WHERE k.created_by = platform.current_person() ORDER BY k.org_id LIMIT most;
END
$$;
SELECT platform.declare_definer('auth.orgs_with_my_keys(bigint)');

-- down
DROP FUNCTION auth.orgs_with_my_keys(bigint);
CREATE OR REPLACE FUNCTION auth.key_identity(hash bytea)
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
DROP FUNCTION auth.standing(text, text);
DROP FUNCTION auth.orphan_of_key(bytea);
DROP FUNCTION auth.identity_of_key(bytea);

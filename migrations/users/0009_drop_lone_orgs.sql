-- Nobody calls it: an organisation with one member has that member as its owner, so
-- users.owned_orgs_of_person finds it too.
-- Lock cost: none; no binary uses the function.
-- phase: expand

DROP FUNCTION users.lone_orgs_of_person(bigint);

-- down
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

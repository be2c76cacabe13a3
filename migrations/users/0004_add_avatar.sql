-- Where a person's picture lies in object storage; who may see it is asked here, never there.
-- Lock cost: the table's lock for a moment; a column without default rewrites nothing.
-- phase: expand

ALTER TABLE users.person ADD COLUMN avatar_key text;
ALTER TABLE users.person ADD CONSTRAINT person_avatar_key_check
    CHECK (length(avatar_key) BETWEEN 1 AND 300) NOT VALID;

-- A member's picture, for the current organisation's other members.
CREATE FUNCTION users.avatar_of_member(person uuid) RETURNS TABLE (avatar_key text)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY
        SELECT p.avatar_key
        FROM users.membership m JOIN users.person p ON p.id = m.person_id
        WHERE m.org_id = platform.current_org() AND m.person_id = person
            AND p.avatar_key IS NOT NULL;
END
$$;
SELECT platform.declare_definer('users.avatar_of_member(uuid)');

-- down
DROP FUNCTION users.avatar_of_member(uuid);
ALTER TABLE users.person DROP COLUMN avatar_key;

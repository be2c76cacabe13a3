-- name: role_in_org
-- The grant, read for every request in an organisation: one probe of each primary key.
SELECT m.role, o.suspended_at IS NOT NULL AS suspended
FROM users.membership m JOIN users.org o ON o.id = m.org_id
WHERE m.org_id = $2 AND m.person_id = $1;

-- name: roles_in_org
SELECT person_id, role FROM users.membership
WHERE org_id = $1 AND person_id = ANY (string_to_array($2, '|')::uuid[]);

-- name: insert_person
INSERT INTO users.person (id, name, email, locale)
VALUES ($1, $2, $3, $4)
RETURNING id, name, email, locale, created_at;

-- name: get_person
SELECT id, name, email, locale, created_at FROM users.person WHERE id = $1;

-- name: lock_person
-- The row is read under its lock, so that the audit row contains the values that were replaced.
SELECT id, name, email, locale, created_at FROM users.person WHERE id = $1 FOR NO KEY UPDATE;

-- name: hold_person
SELECT id FROM users.person WHERE id = $1 FOR KEY SHARE;

-- name: close_person
-- Prevents new references: waits for concurrent ones; later ones find the row deleted.
SELECT id FROM users.person WHERE id = $1 FOR UPDATE;

-- name: update_person
UPDATE users.person SET name = coalesce($2, name), locale = coalesce($3, locale)
WHERE id = $1
RETURNING id, name, email, locale, created_at;

-- name: set_person_email
UPDATE users.person SET email = $2 WHERE id = $1
RETURNING id, name, email, locale, created_at;

-- name: get_avatar
SELECT avatar_key FROM users.person WHERE id = $1;

-- name: lock_avatar
SELECT avatar_key FROM users.person WHERE id = $1 FOR NO KEY UPDATE;

-- name: set_avatar
UPDATE users.person SET avatar_key = $2 WHERE id = $1;

-- name: is_avatar_of
SELECT EXISTS (SELECT FROM users.person WHERE id = $1 AND avatar_key = $2);

-- name: get_member_avatar
SELECT avatar_key FROM users.avatar_of_member($1);

-- name: delete_person
DELETE FROM users.person WHERE id = $1;

-- name: list_orgs_of_person
SELECT id, name, role, version, created_at, suspended_at, suspended_reason
FROM users.orgs_of_person($1, $2);

-- name: list_places_of_person
SELECT id, role FROM users.orgs_of_person($1, $2);

-- name: list_owned_orgs_of_person
SELECT id FROM users.owned_orgs_of_person($1);

-- name: insert_org
INSERT INTO users.org (id, name) VALUES ($1, $2);

-- name: get_org
-- Without a person (an API key, a job: $2 is null) there is no role. A person who is not a member gets no
-- row.
SELECT o.id, o.name, m.role, o.version, o.created_at, o.suspended_at, o.suspended_reason
FROM users.org o LEFT JOIN users.membership m ON m.org_id = o.id AND m.person_id = $2
WHERE o.id = $1 AND ($2::uuid IS NULL OR m.person_id IS NOT NULL);

-- name: get_org_name
SELECT name FROM users.org WHERE id = $1;

-- name: lock_org
SELECT id, suspended_at IS NOT NULL AS suspended FROM users.org WHERE id = $1 FOR NO KEY UPDATE;

-- name: hold_org
SELECT id FROM users.org WHERE id = $1 FOR KEY SHARE;

-- name: close_org
-- As close_person.
SELECT id FROM users.org WHERE id = $1 FOR UPDATE;

-- name: is_org_suspended
SELECT suspended_at IS NOT NULL FROM users.org WHERE id = $1;

-- name: suspend_org
-- A repeated suspension keeps its start and gets the newest reason.
UPDATE users.org SET suspended_at = coalesce(suspended_at, platform.now()), suspended_by = $2,
    suspended_reason = $3, version = version + 1
WHERE id = $1;

-- name: restore_org
UPDATE users.org SET suspended_at = NULL, suspended_by = NULL, suspended_reason = NULL,
    version = version + 1
WHERE id = $1;

-- name: rename_org
UPDATE users.org SET name = $2, version = version + 1 WHERE id = $1;

-- name: delete_org
DELETE FROM users.org WHERE id = $1;

-- name: insert_member
INSERT INTO users.membership (org_id, person_id, role) VALUES ($1, $2, $3);

-- name: list_members
SELECT id, name, email, role, joined_at FROM users.members_of_org($1, $2);

-- name: get_member
SELECT id, name, email, role, joined_at FROM users.member_of_org($1, NULL);

-- name: lock_member
SELECT person_id, role FROM users.membership WHERE org_id = $1 AND person_id = $2 FOR UPDATE;

-- name: set_member_role
UPDATE users.membership SET role = $3 WHERE org_id = $1 AND person_id = $2;

-- name: delete_member
DELETE FROM users.membership WHERE org_id = $1 AND person_id = $2;

-- name: list_owners
SELECT id, name, email FROM users.owners_of_org($1);

-- name: count_members
SELECT count(*) FROM users.membership WHERE org_id = $1;

-- name: is_member_address
SELECT EXISTS (SELECT FROM users.member_of_org(NULL, $1));

-- name: delete_expired_invitations_of_org
DELETE FROM users.invitation WHERE org_id = $1 AND expires_at <= platform.now();

-- name: count_invitations
SELECT count(*) FROM users.invitation WHERE org_id = $1;

-- name: insert_invitation
INSERT INTO users.invitation (org_id, id, email, role, token_hash, expires_at, invited_by,
    invited_by_key, by_system)
VALUES ($1, $2, $3, $4, $5, platform.now() + make_interval(days => $6::int), $7, $8, $9)
RETURNING id, email, role, 'open' AS state, invited_by, invited_by_key, created_at, expires_at;

-- name: list_invitations
-- An invitation by the system is open. The service computes the state of all others, which depends on the
-- sender.
SELECT id, email, role, CASE WHEN by_system THEN 'open' ELSE 'void' END AS state, invited_by,
    invited_by_key, created_at, expires_at
FROM users.invitation
WHERE org_id = $1 AND expires_at > platform.now() AND ($2::uuid IS NULL OR id > $2)
ORDER BY id LIMIT $3;

-- name: find_invitation_of_address
SELECT id, email, role, CASE WHEN by_system THEN 'open' ELSE 'void' END AS state, invited_by,
    invited_by_key, created_at, expires_at
FROM users.invitation WHERE org_id = $1 AND email = $2;

-- name: lock_invitation
SELECT id, email, role, CASE WHEN by_system THEN 'open' ELSE 'void' END AS state, invited_by,
    invited_by_key, created_at, expires_at
FROM users.invitation WHERE org_id = $1 AND id = $2 FOR UPDATE;

-- name: delete_invitation
DELETE FROM users.invitation WHERE org_id = $1 AND id = $2;

-- name: find_invitation
SELECT org_id, id, email, role FROM users.invitation_by_token($1);

-- name: delete_expired_invitations
-- By ctid, so that the plan does not depend on statistics. An invitation renewed concurrently is kept: the
-- condition is repeated in a form that matches no index.
DELETE FROM users.invitation
WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM users.invitation WHERE expires_at <= platform.now() LIMIT $1::bigint))
    AND platform.now() - expires_at >= interval '0';

-- name: find_people_by_email
SELECT id, name, email, locale, created_at FROM users.person
WHERE email = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3;

-- name: find_people_by_part
-- Row by row until the page is full: no index covers a part of a name. Accents are removed where they can
-- occur.
WITH wanted AS (
    SELECT lower(regexp_replace(normalize($1, NFKD), '[\u0300-\u036f]', '', 'g')) AS part)
SELECT id, name, email, locale, created_at FROM users.person
WHERE ($2::uuid IS NULL OR id > $2)
    AND (position((SELECT part FROM wanted) IN email) > 0
        OR position((SELECT part FROM wanted) IN lower(
            CASE WHEN octet_length(name) = length(name) THEN name
            ELSE regexp_replace(normalize(name, NFKD), '[\u0300-\u036f]', '', 'g') END)) > 0)
ORDER BY id LIMIT $3;

-- name: find_org
SELECT o.id, o.name, o.created_at, o.suspended_at, o.suspended_by, o.suspended_reason,
    (SELECT count(*) FROM users.membership m WHERE m.org_id = o.id) AS members
FROM users.org o WHERE o.id = $1;

-- name: find_orgs_by_part
-- As find_people_by_part.
WITH wanted AS (
    SELECT lower(regexp_replace(normalize($1, NFKD), '[\u0300-\u036f]', '', 'g')) AS part)
SELECT o.id, o.name, o.created_at, o.suspended_at, o.suspended_by, o.suspended_reason,
    (SELECT count(*) FROM users.membership m WHERE m.org_id = o.id) AS members
FROM users.org o
WHERE ($2::uuid IS NULL OR o.id > $2)
    AND position((SELECT part FROM wanted) IN lower(
        CASE WHEN octet_length(o.name) = length(o.name) THEN o.name
        ELSE regexp_replace(normalize(o.name, NFKD), '[\u0300-\u036f]', '', 'g') END)) > 0
ORDER BY o.id LIMIT $3;

-- name: find_orgs_of_person
SELECT o.id, o.name, m.role, o.version, o.created_at, o.suspended_at, o.suspended_reason
FROM users.membership m JOIN users.org o ON o.id = m.org_id
WHERE m.person_id = $1 AND ($2::uuid IS NULL OR o.id > $2) ORDER BY o.id LIMIT $3;

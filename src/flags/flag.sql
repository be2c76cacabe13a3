-- name: flag_version
SELECT version FROM platform.flag_version;

-- name: flag_rules
-- Byte order, as in the process's binary search.
SELECT name, rollout, killed, value FROM platform.flag ORDER BY name COLLATE "C" LIMIT 1000;

-- name: flag_overrides
SELECT flag, subject, coalesce(value, answer::text) AS value FROM platform.flag_override
WHERE (flag COLLATE "C", subject) >
    (coalesce($1::text, ''), coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'))
ORDER BY flag COLLATE "C", subject LIMIT 1000;

-- name: flag_stated
SELECT name, rollout, killed, value, version, updated_at,
    (SELECT count(*) FROM platform.flag_override o WHERE o.flag = f.name) AS targets
FROM platform.flag f WHERE name = $1;

-- name: flag_all_stated
SELECT name, rollout, killed, value, version, updated_at,
    (SELECT count(*) FROM platform.flag_override o WHERE o.flag = f.name) AS targets
FROM platform.flag f ORDER BY name LIMIT 1000;

-- name: flag_targets
SELECT subject, subject_kind, coalesce(value, answer::text) AS value FROM platform.flag_override
WHERE flag = $1 ORDER BY subject LIMIT 1000;

-- name: flag_lock
-- Creates a rule equal to the default if there is none. Locks it in either case.
INSERT INTO platform.flag AS f (name, rollout) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET name = excluded.name
RETURNING name, rollout, killed, value, version, updated_at,
    (SELECT count(*) FROM platform.flag_override o WHERE o.flag = f.name) AS targets;

-- name: flag_update
UPDATE platform.flag SET killed = $2, rollout = $3, value = $4, version = version + 1,
    updated_at = platform.now()
WHERE name = $1;

-- name: flag_touch
UPDATE platform.flag SET version = version + 1, updated_at = platform.now() WHERE name = $1;

-- name: flag_aim
INSERT INTO platform.flag_override (flag, subject, subject_kind, answer, value)
VALUES ($1, $2, $3, $4::text <> 'false', $4)
ON CONFLICT (flag, subject) DO UPDATE SET answer = excluded.answer, value = excluded.value,
    subject_kind = excluded.subject_kind, updated_at = platform.now();

-- name: flag_unaim
DELETE FROM platform.flag_override WHERE flag = $1 AND subject = $2;

-- name: flag_count_targets
SELECT count(*) FROM platform.flag_override WHERE flag = $1;

-- name: flag_count_all_targets
-- At most $1.
SELECT count(*) FROM (SELECT FROM platform.flag_override LIMIT $1::bigint) AS o;

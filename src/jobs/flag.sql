-- name: flag_version
SELECT version FROM platform.flag_version;

-- name: flag_rules
-- Byte order, as the process searches.
SELECT name, rollout FROM platform.flag ORDER BY name COLLATE "C" LIMIT 1000;

-- name: flag_overrides
SELECT flag, subject, answer FROM platform.flag_override
WHERE $1::text IS NULL OR (flag COLLATE "C", subject) > ($1, $2::uuid)
ORDER BY flag COLLATE "C", subject LIMIT 1000;

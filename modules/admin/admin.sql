-- name: staff_grant
-- Runs for every request of staff: one probe of two primary keys. A session ends for staff work half an hour
-- after signing in, or after its last use for staff work.
SELECT s.role,
    $3::timestamptz > platform.now() - interval '12 hours'
        AND greatest(u.last_used_at, $3) > platform.now() - interval '30 minutes' AS fresh,
    coalesce(u.last_used_at < platform.now() - interval '1 minute', true) AS stale
FROM admin.staff s
LEFT JOIN admin.staff_session u ON u.session_id = $2 AND u.person_id = s.person_id
WHERE s.person_id = $1;

-- name: touch_staff_session
INSERT INTO admin.staff_session (session_id, person_id) VALUES ($1, $2)
ON CONFLICT (session_id) DO UPDATE SET last_used_at = platform.now();

-- name: delete_old_staff_sessions
-- By ctid, so that the plan does not depend on statistics. A session renewed concurrently is kept: the
-- condition is repeated in a form that matches no index.
DELETE FROM admin.staff_session
WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM admin.staff_session WHERE last_used_at < platform.now() - interval '1 day' LIMIT $1::bigint))
    AND platform.now() - last_used_at > interval '1 day';

-- name: list_staff
SELECT person_id AS id, role, made_by, created_at FROM admin.staff
WHERE $1::uuid IS NULL OR person_id > $1 ORDER BY person_id LIMIT $2;

-- name: lock_staff
-- Serialises changes of staff. A separate statement, because the next one must see the other transaction's
-- changes.
SELECT pg_advisory_xact_lock(hashtextextended('admin.staff', 0));

-- name: get_staff
SELECT person_id AS id, role, made_by, created_at FROM admin.staff WHERE person_id = $1;

-- name: put_staff
INSERT INTO admin.staff (person_id, role, made_by) VALUES ($1, $2, $3)
ON CONFLICT (person_id) DO UPDATE SET role = excluded.role, made_by = excluded.made_by
RETURNING person_id AS id, role, made_by, created_at;

-- name: delete_staff
DELETE FROM admin.staff WHERE person_id = $1;

-- name: delete_staff_sessions_of
DELETE FROM admin.staff_session WHERE person_id = $1;

-- name: put_suspension
INSERT INTO admin.suspension (person_id, reason, suspended_by) VALUES ($1, $2, $3)
ON CONFLICT (person_id) DO UPDATE SET reason = excluded.reason,
    suspended_by = excluded.suspended_by, suspended_at = platform.now();

-- name: get_suspension
SELECT reason, suspended_by, suspended_at FROM admin.suspension WHERE person_id = $1;

-- name: delete_suspension
DELETE FROM admin.suspension WHERE person_id = $1;

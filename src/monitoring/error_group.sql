-- name: note_errors
-- $1: one object for each group. A group that was resolved before its last occurrence is reopened.
INSERT INTO platform.error_group AS g
    (id, event, operation, count, first_seen_at, last_seen_at, request_id, sample)
SELECT e.id, e.event, e.operation, e.count, e.first_at, e.last_at, nullif(e.request_id, ''), e.sample
FROM jsonb_to_recordset($1::jsonb) AS e(id uuid, event text, operation text, count bigint,
    first_at timestamptz, last_at timestamptz, request_id text, sample text)
ORDER BY e.event, e.operation
ON CONFLICT (event, operation) DO UPDATE SET
    count = g.count + excluded.count,
    last_seen_at = greatest(g.last_seen_at, excluded.last_seen_at),
    request_id = coalesce(excluded.request_id, g.request_id),
    sample = excluded.sample,
    state = CASE WHEN excluded.last_seen_at > g.resolved_at THEN 'open' ELSE g.state END,
    reopened = g.reopened + CASE WHEN excluded.last_seen_at > g.resolved_at THEN 1 ELSE 0 END,
    resolved_by = CASE WHEN excluded.last_seen_at > g.resolved_at THEN NULL ELSE g.resolved_by END,
    resolved_at = CASE WHEN excluded.last_seen_at > g.resolved_at THEN NULL ELSE g.resolved_at END;

-- name: find_error_groups
SELECT id, event, nullif(operation, '') AS operation, state, count, first_seen_at, last_seen_at,
    request_id, sample, reopened, resolved_at
FROM platform.error_group
WHERE ($1::text IS NULL OR state = $1) AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3;

-- name: get_error_group
SELECT id, event, nullif(operation, '') AS operation, state, count, first_seen_at, last_seen_at,
    request_id, sample, reopened, resolved_at
FROM platform.error_group WHERE id = $1;

-- name: resolve_error_group
UPDATE platform.error_group SET state = 'resolved', resolved_at = platform.now(), resolved_by = $2
WHERE id = $1 AND state = 'open';

-- name: sweep_error_groups
-- By ctid. A group with a concurrent occurrence stays.
DELETE FROM platform.error_group
WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM platform.error_group
        WHERE last_seen_at < platform.now() - interval '90 days' LIMIT $1::bigint))
    AND platform.now() - last_seen_at > interval '90 days';

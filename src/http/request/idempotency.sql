-- name: idempotency_lock
-- A separate statement. A query in the same one would use the snapshot from before the lock, and miss the
-- response committed by the lock's last holder.
SELECT pg_try_advisory_xact_lock($1);

-- name: idempotency_find
SELECT content, coalesce(status, 0) AS status, body, sealed, etag, coalesce(deadline > platform.now(), false) AS running
FROM platform.idempotency
WHERE scope = $1 AND key = $2 AND expires_at > platform.now();

-- name: idempotency_store
-- Replaces an expired row or an abandoned intent; a valid one was rejected under the lock.
INSERT INTO platform.idempotency (scope, key, content, status, body, sealed, etag, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, platform.now() + interval '48 hours')
ON CONFLICT (scope, key) DO UPDATE
SET content = excluded.content, attempt = NULL, deadline = NULL, status = excluded.status, body = excluded.body,
    sealed = excluded.sealed, etag = excluded.etag, expires_at = excluded.expires_at;

-- name: idempotency_intend
INSERT INTO platform.idempotency (scope, key, content, attempt, deadline, expires_at)
VALUES ($1, $2, $3, $4, platform.now() + interval '30 seconds', platform.now() + interval '48 hours')
ON CONFLICT (scope, key) DO UPDATE
SET content = excluded.content, attempt = excluded.attempt, deadline = excluded.deadline, status = NULL, body = NULL,
    sealed = false, etag = NULL, expires_at = excluded.expires_at;

-- name: idempotency_complete
UPDATE platform.idempotency
SET attempt = NULL, deadline = NULL, status = $4, body = $5, sealed = $6, etag = $7
WHERE scope = $1 AND key = $2 AND attempt = $3;

-- name: idempotency_release
DELETE FROM platform.idempotency WHERE scope = $1 AND key = $2 AND attempt = $3;

-- name: idempotency_sweep
-- By ctid, so that the plan does not depend on statistics. The row of a key reused concurrently is replaced
-- and kept: the condition is repeated in a form that matches no index.
DELETE FROM platform.idempotency
WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM platform.idempotency WHERE expires_at <= platform.now() LIMIT $1::bigint))
    AND platform.now() - expires_at >= interval '0';

-- name: insert_audit
-- org_id is the tenant of the transaction (the column's default).
INSERT INTO platform.audit
    (id, actor_kind, actor_id, request_id, operation, network, action, target_type, target_id,
     before, after)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11::jsonb);

-- name: list_audit
-- Ids contain their creation time, which is within a unit of work's ten seconds of `at`. The bounds
-- $7 and $8 keep a search by time from scanning the whole log.
SELECT id, at, org_id, actor_kind, actor_id, request_id, operation, network, action, target_type,
    target_id, before, after
FROM platform.audit
WHERE ($1::uuid IS NULL OR org_id = $1)
    AND ($2::text IS NULL OR action = $2)
    AND ($3::uuid IS NULL OR actor_id = $3)
    AND ($4::uuid IS NULL OR target_id = $4)
    AND ($5::timestamptz IS NULL OR at >= $5)
    AND ($6::timestamptz IS NULL OR at < $6)
    AND ($7::uuid IS NULL OR id >= $7)
    AND ($8::uuid IS NULL OR id < $8)
    AND ($9::uuid IS NULL OR id < $9)
ORDER BY id DESC LIMIT $10;

-- name: insert_audit
-- org_id is the tenant of the transaction (the column's default).
INSERT INTO platform.audit
    (id, actor_kind, actor_id, request_id, operation, network, action, target_type, target_id,
     before, after)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11::jsonb);

-- Staff ask across organisations for one action: without an index a rare one is found by reading the
-- whole trail (0.27 s for each million rows).
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE INDEX CONCURRENTLY audit_action_idx ON platform.audit (action, id);

-- down
DROP INDEX CONCURRENTLY platform.audit_action_idx;

-- Every process reads all targets in this order when one of them changed, a thousand at a time:
-- without the index each thousand sorts all of them (66,000: longer than a process waits for them).
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE INDEX CONCURRENTLY flag_override_order_idx ON platform.flag_override (flag COLLATE "C", subject);

-- down
DROP INDEX CONCURRENTLY platform.flag_override_order_idx;

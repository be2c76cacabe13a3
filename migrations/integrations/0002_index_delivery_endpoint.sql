-- What was sent to one endpoint, newest first: without it the list of a quiet endpoint walks past all
-- that was sent to the others.
-- Lock cost: none that blocks writers; the index is built beside them.
-- phase: expand
-- transaction: none

CREATE INDEX CONCURRENTLY delivery_endpoint_idx ON integrations.delivery (org_id, endpoint_id, id);

-- down
DROP INDEX CONCURRENTLY integrations.delivery_endpoint_idx;

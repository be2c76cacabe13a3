-- The stage of a failure that the members of an endpoint's organisation were notified of. No earlier binary finds
-- the column: stop the server first (docs/upgrading.md).
-- Lock cost: exclusive for a moment, no rewrite.
-- phase: contract
-- oldest-binary: 0.1.0

ALTER TABLE integrations.endpoint RENAME COLUMN notices TO notified_stage;

-- down
ALTER TABLE integrations.endpoint RENAME COLUMN notified_stage TO notices;

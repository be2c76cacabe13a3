-- What subscribers of events were told is announced. No earlier binary finds the columns: stop the server first
-- (docs/upgrading.md).
-- Lock cost: exclusive for a moment, no rewrite.
-- phase: contract
-- oldest-binary: 0.1.0

ALTER TABLE payments.subscription RENAME COLUMN end_told_at TO end_announced_at;
ALTER TABLE payments.subscription RENAME COLUMN limited_told_at TO limited_announced_at;

-- down
ALTER TABLE payments.subscription RENAME COLUMN end_announced_at TO end_told_at;
ALTER TABLE payments.subscription RENAME COLUMN limited_announced_at TO limited_told_at;

-- Losses of access are told before and when they come: which date was warned of, and that access became
-- limited.
-- Lock cost: exclusive for a moment, no rewrite.
-- phase: expand

ALTER TABLE payments.subscription
    ADD COLUMN warned_of timestamptz,
    ADD COLUMN limited_told_at timestamptz;

-- down
ALTER TABLE payments.subscription DROP COLUMN limited_told_at, DROP COLUMN warned_of;

-- Since when a payment is missing: the days of grace are counted from there. It is not the period's
-- first day when a bill within the period failed, as after a change of plans.
-- Lock cost: exclusive for a moment, no rewrite.
-- phase: expand

ALTER TABLE payments.subscription ADD COLUMN unpaid_since timestamptz;

-- down
ALTER TABLE payments.subscription DROP COLUMN unpaid_since;

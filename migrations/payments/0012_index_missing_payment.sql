-- Days of grace that end are looked for every five minutes.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE INDEX CONCURRENTLY subscription_past_due_idx ON payments.subscription
    ((coalesce(unpaid_since, period_start)))
    WHERE status = 'past_due' AND limited_told_at IS NULL;

-- down
DROP INDEX payments.subscription_past_due_idx;

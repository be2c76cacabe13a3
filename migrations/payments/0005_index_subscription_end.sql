-- Ends that come by our own clock are looked for every five minutes.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE INDEX CONCURRENTLY subscription_end_idx ON payments.subscription
    ((least(CASE WHEN cancel_at_period_end THEN period_end END, cancel_at)))
    WHERE end_told_at IS NULL;

-- down
DROP INDEX payments.subscription_end_idx;

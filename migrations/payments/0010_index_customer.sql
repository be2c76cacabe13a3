-- Whose a refund or a dispute is, also when the customer it is of was replaced since.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE INDEX CONCURRENTLY subscription_customer_idx ON payments.subscription (provider, customer);

-- down
DROP INDEX payments.subscription_customer_idx;

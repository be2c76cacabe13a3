-- Which of the provider's prices a subscription's plan stands for, so that what was sold stays as sold
-- while that price does not change; and the provider's price when no plan here has it.
-- Lock cost: exclusive for a moment, no rewrite.
-- phase: expand

ALTER TABLE payments.subscription
    ADD COLUMN provider_price text,
    ADD COLUMN unknown_price text;
ALTER TABLE payments.subscription ADD CONSTRAINT subscription_provider_price_check
    CHECK (length(provider_price) BETWEEN 1 AND 200) NOT VALID;
ALTER TABLE payments.subscription ADD CONSTRAINT subscription_unknown_price_check
    CHECK (length(unknown_price) BETWEEN 1 AND 200) NOT VALID;

-- Of the development provider: NULL is a price made on the way; several are separated by commas.
ALTER TABLE payments.dev_session ADD COLUMN provider_price text;
ALTER TABLE payments.dev_subscription ADD COLUMN provider_price text;

-- down
ALTER TABLE payments.dev_subscription DROP COLUMN provider_price;
ALTER TABLE payments.dev_session DROP COLUMN provider_price;
ALTER TABLE payments.subscription DROP COLUMN unknown_price, DROP COLUMN provider_price;

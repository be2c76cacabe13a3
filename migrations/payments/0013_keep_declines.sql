-- Why a card was declined, kept with the checkout it was to pay; and the development provider's.
-- Lock cost: exclusive for a moment, no rewrite.
-- phase: expand

ALTER TABLE payments.checkout
    ADD COLUMN decline_ids text[] NOT NULL DEFAULT '{}',
    ADD COLUMN decline_code text,
    ADD COLUMN declined_at timestamptz,
    ADD COLUMN declines integer NOT NULL DEFAULT 0;
ALTER TABLE payments.checkout ADD CONSTRAINT checkout_decline_ids_check
    CHECK (cardinality(decline_ids) <= 20) NOT VALID;
ALTER TABLE payments.checkout ADD CONSTRAINT checkout_decline_code_check
    CHECK (length(decline_code) BETWEEN 1 AND 100) NOT VALID;

CREATE TABLE payments.dev_decline (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    org text NOT NULL,
    checkout text NOT NULL,
    customer text,
    code text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT platform.now()
);
SELECT platform.declare_platform('payments.dev_decline');
GRANT SELECT, INSERT ON payments.dev_decline TO ashlar_app;

-- down
DROP TABLE payments.dev_decline;
ALTER TABLE payments.checkout DROP COLUMN declines, DROP COLUMN declined_at,
    DROP COLUMN decline_code, DROP COLUMN decline_ids;

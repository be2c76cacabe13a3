-- Money that went back, or may: refunds, and disputes of a customer's bank. For operators and staff.
-- Lock cost: none on what is in use; the development provider's tables get columns with defaults.
-- phase: expand

-- `org_id` NULL: of a customer nobody here knows. It refers to nothing: the row outlives its
-- organisation, as what it is about does.
CREATE TABLE payments.reversal (
    id uuid PRIMARY KEY,
    org_id uuid,
    provider text NOT NULL CHECK (length(provider) <= 20),
    kind text NOT NULL CHECK (kind IN ('dispute', 'refund')),
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 200),
    customer text CHECK (length(customer) BETWEEN 1 AND 200),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status text NOT NULL CHECK (length(status) BETWEEN 1 AND 60),
    reason text CHECK (length(reason) BETWEEN 1 AND 60),
    made_at timestamptz NOT NULL,
    respond_by timestamptz,
    ticket bigint NOT NULL,
    fetched_at timestamptz NOT NULL DEFAULT platform.now(),
    CONSTRAINT reversal_external_key UNIQUE (provider, external_id)
);
CREATE INDEX reversal_org_idx ON payments.reversal (org_id, made_at);
SELECT platform.declare_platform('payments.reversal');

ALTER TABLE payments.dev_session
    ADD COLUMN amount_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN currency text NOT NULL DEFAULT 'EUR';
ALTER TABLE payments.dev_subscription
    ADD COLUMN amount_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN currency text NOT NULL DEFAULT 'EUR';

CREATE TABLE payments.dev_reversal (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    kind text NOT NULL CHECK (kind IN ('dispute', 'refund')),
    customer text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    reason text,
    made_at timestamptz NOT NULL DEFAULT platform.now(),
    respond_by timestamptz
);
SELECT platform.declare_platform('payments.dev_reversal');
GRANT SELECT, INSERT ON payments.dev_reversal TO ashlar_app;

-- down
DROP TABLE payments.dev_reversal;
ALTER TABLE payments.dev_subscription DROP COLUMN currency, DROP COLUMN amount_minor;
ALTER TABLE payments.dev_session DROP COLUMN currency, DROP COLUMN amount_minor;
DROP TABLE payments.reversal;

-- What the payment provider still had of an organisation when that was deleted here, and what must end
-- there, so that nobody is charged for what is gone. Rows stay a while after that: what the provider
-- says later is about somebody who is known to have left.
-- Lock cost: none, everything is new.
-- phase: expand

-- `org_id` refers to nothing any more. `key` is the idempotency key of the call that ends it.
CREATE TABLE payments.parting (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL,
    provider text NOT NULL CHECK (length(provider) <= 20),
    customer text CHECK (length(customer) BETWEEN 1 AND 200),
    kind text NOT NULL CHECK (kind IN ('subscription', 'checkout')),
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 200),
    key text NOT NULL CHECK (length(key) BETWEEN 10 AND 255),
    attempts integer NOT NULL DEFAULT 0,
    tried_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    done_at timestamptz,
    CONSTRAINT parting_external_key UNIQUE (provider, external_id),
    CONSTRAINT parting_key_key UNIQUE (key)
);
CREATE INDEX parting_open_idx ON payments.parting (created_at) WHERE done_at IS NULL;
CREATE INDEX parting_org_idx ON payments.parting (org_id);
CREATE INDEX parting_customer_idx ON payments.parting (provider, customer);
SELECT platform.declare_platform('payments.parting');
GRANT INSERT ON payments.parting TO ashlar_app;

-- down
DROP TABLE payments.parting;

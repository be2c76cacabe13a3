-- What is sold, who bought it, what we asked the payment provider to do, and what it told us.
-- Lock cost: none, everything is new.
-- phase: expand

SELECT platform.declare_schema('payments');

-- A plan is never changed once it was sold: a new version follows, and who bought the old one keeps
-- it. `digest` is over prices and entitlements, so that the same file twice makes one version.
CREATE TABLE payments.plan (
    id uuid PRIMARY KEY,
    key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9-]{0,39}$'),
    version integer NOT NULL CHECK (version > 0),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    description text NOT NULL CHECK (length(description) <= 500),
    is_default boolean NOT NULL,
    position integer NOT NULL,
    digest text NOT NULL CHECK (length(digest) = 64),
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    retired_at timestamptz,
    CONSTRAINT plan_key_version_key UNIQUE (key, version)
);
CREATE UNIQUE INDEX plan_current_key ON payments.plan (key) WHERE retired_at IS NULL;
CREATE UNIQUE INDEX plan_default_key ON payments.plan (is_default)
    WHERE is_default AND retired_at IS NULL;
SELECT platform.declare_platform('payments.plan');
GRANT SELECT ON payments.plan TO ashlar_app;

CREATE TABLE payments.price (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES payments.plan (id),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    period text NOT NULL CHECK (period IN ('month', 'year')),
    amount_minor bigint NOT NULL CHECK (amount_minor BETWEEN 1 AND 99999999999),
    provider_price text CHECK (length(provider_price) BETWEEN 1 AND 200),
    CONSTRAINT price_plan_currency_period_key UNIQUE (plan_id, currency, period)
);
SELECT platform.declare_platform('payments.price');
GRANT SELECT ON payments.price TO ashlar_app;

-- `most` NULL: without limit (of a limit), included (of a feature).
CREATE TABLE payments.plan_entitlement (
    plan_id uuid NOT NULL REFERENCES payments.plan (id),
    name text NOT NULL CHECK (length(name) BETWEEN 3 AND 80),
    most bigint CHECK (most >= 0),
    PRIMARY KEY (plan_id, name)
);
SELECT platform.declare_platform('payments.plan_entitlement');
GRANT SELECT ON payments.plan_entitlement TO ashlar_app;

-- One per organisation that ever came near to paying; its row is the lock of everything here.
CREATE TABLE payments.account (
    org_id uuid PRIMARY KEY REFERENCES users.org (id),
    provider text CHECK (length(provider) <= 20),
    customer text CHECK (length(customer) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    CONSTRAINT account_customer_key UNIQUE (provider, customer)
);
SELECT platform.declare_tenant('payments.account');

-- The wish to buy, before the provider hears of it: one open at a time, so that two tabs cannot
-- become two subscriptions. What is sent to the provider is made from this row alone, so that the
-- same idempotency key always travels with the same request.
CREATE TABLE payments.checkout (
    org_id uuid NOT NULL REFERENCES users.org (id),
    id uuid NOT NULL,
    price_id uuid NOT NULL REFERENCES payments.price (id),
    state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'completed', 'expired', 'abandoned', 'failed')),
    provider text NOT NULL CHECK (length(provider) <= 20),
    email text NOT NULL CHECK (length(email) <= 254),
    customer text CHECK (length(customer) <= 200),
    session text CHECK (length(session) BETWEEN 1 AND 200),
    url text CHECK (length(url) BETWEEN 1 AND 2000),
    why text CHECK (length(why) <= 500),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    settled_at timestamptz,
    PRIMARY KEY (org_id, id),
    CONSTRAINT checkout_session_key UNIQUE (provider, session)
);
CREATE UNIQUE INDEX checkout_open_key ON payments.checkout (org_id) WHERE state = 'open';
CREATE INDEX checkout_due_idx ON payments.checkout (expires_at) WHERE state = 'open';
SELECT platform.declare_tenant('payments.checkout');

-- One call to the provider that changes something there, written down before it is made. `key` is
-- its idempotency key: made from the row, never from the attempt. `busy_until` is who calls now.
CREATE TABLE payments.operation (
    org_id uuid NOT NULL REFERENCES users.org (id),
    id uuid NOT NULL,
    kind text NOT NULL
        CHECK (kind IN ('checkout', 'expire', 'cancel', 'resume', 'portal')),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    key text NOT NULL CHECK (length(key) BETWEEN 10 AND 255),
    state text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'done', 'refused', 'unknown')),
    attempts integer NOT NULL DEFAULT 0,
    why text CHECK (length(why) <= 500),
    busy_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    settled_at timestamptz,
    PRIMARY KEY (org_id, id),
    CONSTRAINT operation_key_key UNIQUE (key)
);
CREATE INDEX operation_pending_idx ON payments.operation (created_at) WHERE state = 'pending';
CREATE INDEX operation_subject_idx ON payments.operation (org_id, kind, subject);
SELECT platform.declare_tenant('payments.operation');

-- What the provider says of a subscription, whole, as of the fetch that carried `ticket`.
CREATE TABLE payments.subscription (
    org_id uuid NOT NULL REFERENCES users.org (id),
    id uuid NOT NULL,
    provider text NOT NULL CHECK (length(provider) <= 20),
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 200),
    customer text NOT NULL CHECK (length(customer) BETWEEN 1 AND 200),
    plan_id uuid NOT NULL REFERENCES payments.plan (id),
    price_id uuid NOT NULL REFERENCES payments.price (id),
    status text NOT NULL CHECK (status IN ('incomplete', 'incomplete_expired', 'trialing', 'active',
        'past_due', 'unpaid', 'canceled', 'paused')),
    cancel_at_period_end boolean NOT NULL,
    started_at timestamptz NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    cancel_at timestamptz,
    ended_at timestamptz,
    ticket bigint NOT NULL,
    fetched_at timestamptz NOT NULL DEFAULT platform.now(),
    end_told_at timestamptz,
    PRIMARY KEY (org_id, id),
    CONSTRAINT subscription_external_key UNIQUE (provider, external_id)
);
CREATE INDEX subscription_live_idx ON payments.subscription (fetched_at)
    WHERE status NOT IN ('canceled', 'incomplete_expired');
SELECT platform.declare_tenant('payments.subscription');

-- Fetches of one object at the provider take a number before they ask; an answer counts only while
-- no later number was applied. A fetch made because of a change began after it, so whatever is
-- applied last has seen the last change, in whatever order events and answers come.
CREATE TABLE payments.ticket (
    provider text NOT NULL CHECK (length(provider) <= 20),
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 200),
    taken bigint NOT NULL,
    PRIMARY KEY (provider, external_id)
);
SELECT platform.declare_platform('payments.ticket');
GRANT SELECT, INSERT, UPDATE ON payments.ticket TO ashlar_app;

-- Events as they came, raw: stored before they are acknowledged, worked on afterwards.
CREATE TABLE payments.webhook (
    id uuid PRIMARY KEY,
    provider text NOT NULL CHECK (length(provider) <= 20),
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 200),
    type text NOT NULL CHECK (length(type) BETWEEN 1 AND 120),
    subject_kind text NOT NULL CHECK (length(subject_kind) <= 60),
    subject text NOT NULL CHECK (length(subject) <= 200),
    body bytea NOT NULL CHECK (length(body) <= 1048576),
    received_at timestamptz NOT NULL DEFAULT platform.now(),
    done_at timestamptz,
    CONSTRAINT webhook_external_key UNIQUE (provider, external_id)
);
CREATE INDEX webhook_received_idx ON payments.webhook (received_at);
SELECT platform.declare_platform('payments.webhook');
GRANT INSERT ON payments.webhook TO ashlar_app;

-- The development provider's own world: nothing of it exists in production.
CREATE TABLE payments.dev_session (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    key text NOT NULL UNIQUE CHECK (length(key) <= 255),
    org text NOT NULL,
    checkout text NOT NULL,
    price text NOT NULL,
    label text NOT NULL,
    period text NOT NULL CHECK (period IN ('month', 'year')),
    customer text,
    success_url text NOT NULL,
    cancel_url text NOT NULL,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'complete', 'expired')),
    subscription text,
    expires_at timestamptz NOT NULL
);
SELECT platform.declare_platform('payments.dev_session');
GRANT SELECT, INSERT, UPDATE ON payments.dev_session TO ashlar_app;

CREATE TABLE payments.dev_subscription (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    customer text NOT NULL,
    org text NOT NULL,
    checkout text NOT NULL,
    price text NOT NULL,
    period text NOT NULL CHECK (period IN ('month', 'year')),
    status text NOT NULL,
    card_fails boolean NOT NULL DEFAULT false,
    cancel_at_period_end boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    ended_at timestamptz
);
SELECT platform.declare_platform('payments.dev_subscription');
GRANT SELECT, INSERT, UPDATE ON payments.dev_subscription TO ashlar_app;

CREATE TABLE payments.dev_event (
    id uuid PRIMARY KEY,
    body text NOT NULL CHECK (length(body) <= 20000),
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    delivered_at timestamptz
);
SELECT platform.declare_platform('payments.dev_event');
GRANT SELECT, INSERT, UPDATE ON payments.dev_event TO ashlar_app;

-- How far the development provider's clock is ahead.
CREATE TABLE payments.dev_clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    ahead interval NOT NULL DEFAULT '0'
);
INSERT INTO payments.dev_clock DEFAULT VALUES;
SELECT platform.declare_platform('payments.dev_clock');
GRANT SELECT, UPDATE ON payments.dev_clock TO ashlar_app;

-- down
DROP SCHEMA payments CASCADE;

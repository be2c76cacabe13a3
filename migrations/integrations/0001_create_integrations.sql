-- Customers' webhook endpoints, the organisation's feed of public events, and what was delivered.
-- Lock cost: none, everything is new.
-- phase: expand

SELECT platform.declare_schema('integrations');

-- The counter of an organisation's feed. Its row is locked by whoever adds an event, until that
-- commits, so a reader that has seen number n will never find a smaller one later.
CREATE TABLE integrations.feed (
    org_id uuid PRIMARY KEY REFERENCES users.org (id),
    last bigint NOT NULL DEFAULT 0,
    swept bigint NOT NULL DEFAULT 0
);
SELECT platform.declare_tenant('integrations.feed');
COMMENT ON COLUMN integrations.feed.swept IS 'numbers up to here are gone: their time was over';

CREATE TABLE integrations.event (
    org_id uuid NOT NULL REFERENCES integrations.feed (org_id) ON DELETE CASCADE,
    id uuid NOT NULL,
    seq bigint CHECK (seq > 0),
    name text NOT NULL CHECK (length(name) <= 100),
    payload jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    PRIMARY KEY (org_id, id),
    CONSTRAINT event_seq_key UNIQUE (org_id, seq)
);
CREATE INDEX event_created_idx ON integrations.event (created_at);
SELECT platform.declare_tenant('integrations.event');
COMMENT ON COLUMN integrations.event.seq IS 'place in the feed; null: a test, for its endpoint only';

CREATE TABLE integrations.endpoint (
    org_id uuid NOT NULL REFERENCES integrations.feed (org_id) ON DELETE CASCADE,
    id uuid NOT NULL,
    url text NOT NULL CHECK (length(url) <= 2048),
    description text NOT NULL CHECK (length(description) <= 200),
    events text[] NOT NULL CHECK (cardinality(events) <= 50),
    enabled boolean NOT NULL DEFAULT true,
    disabled_reason text CHECK (disabled_reason IN ('person', 'gone', 'failing')),
    secret text NOT NULL CHECK (length(secret) <= 300),
    previous_secret text CHECK (length(previous_secret) <= 300),
    previous_until timestamptz,
    failing_since timestamptz,
    notices integer NOT NULL DEFAULT 0,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    queued boolean NOT NULL DEFAULT false,
    replay_next bigint,
    replay_last bigint,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    PRIMARY KEY (org_id, id),
    CONSTRAINT endpoint_says_why_disabled CHECK (enabled = (disabled_reason IS NULL)),
    CONSTRAINT endpoint_previous_ends CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
);
CREATE INDEX endpoint_failing_idx ON integrations.endpoint (failing_since)
    WHERE enabled AND failing_since IS NOT NULL;
SELECT platform.declare_tenant('integrations.endpoint');
COMMENT ON COLUMN integrations.endpoint.secret IS 'encrypted, bound to the row';
COMMENT ON COLUMN integrations.endpoint.events IS 'names; none: all public events';
COMMENT ON COLUMN integrations.endpoint.queued IS 'a delivery job waits that has not begun';

-- One event on its way to one endpoint. What is being sent is leased to a run of the delivery job,
-- so that a run whose process died is continued by the next, and no two send the same.
CREATE TABLE integrations.delivery (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    event_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    tries integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT platform.now(),
    leased_by uuid,
    leased_until timestamptz,
    last_result text CHECK (length(last_result) <= 20),
    last_status integer,
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    PRIMARY KEY (org_id, id),
    CONSTRAINT delivery_once_key UNIQUE (org_id, endpoint_id, event_id),
    CONSTRAINT delivery_lease_ends CHECK ((leased_by IS NULL) = (leased_until IS NULL)),
    FOREIGN KEY (org_id, endpoint_id) REFERENCES integrations.endpoint (org_id, id) ON DELETE CASCADE,
    FOREIGN KEY (org_id, event_id) REFERENCES integrations.event (org_id, id) ON DELETE CASCADE
);
CREATE INDEX delivery_due_idx ON integrations.delivery (org_id, endpoint_id, next_at)
    WHERE state = 'pending';
CREATE INDEX delivery_oldest_idx ON integrations.delivery (next_at) WHERE state = 'pending';
CREATE INDEX delivery_event_idx ON integrations.delivery (org_id, event_id);
SELECT platform.declare_tenant('integrations.delivery');
COMMENT ON COLUMN integrations.delivery.tries IS 'since it was last queued: what the schedule counts';

CREATE TABLE integrations.attempt (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    result text NOT NULL CHECK (length(result) <= 20),
    status integer,
    latency_ms integer NOT NULL,
    excerpt text CHECK (length(excerpt) <= 1000),
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, delivery_id) REFERENCES integrations.delivery (org_id, id) ON DELETE CASCADE
);
CREATE INDEX attempt_delivery_idx ON integrations.attempt (org_id, delivery_id);
SELECT platform.declare_tenant('integrations.attempt');

-- down
DROP SCHEMA integrations CASCADE;

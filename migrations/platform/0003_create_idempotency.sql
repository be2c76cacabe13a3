-- Replies kept so that a request repeated with the same Idempotency-Key has its effect once.
-- A row without status is an intent: a TX_MANUAL route is at work until `deadline`; after that its
-- process is taken for dead and the next request with the key takes over (`attempt` fences the old one).
-- Lock cost: a new table, none.
-- phase: expand

CREATE TABLE platform.idempotency (
    scope      text        NOT NULL CHECK (octet_length(scope) BETWEEN 16 AND 64),
    key        text        NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 255),
    content    text        NOT NULL CHECK (octet_length(content) BETWEEN 16 AND 64),
    attempt    uuid,
    deadline   timestamptz,
    status     integer     CHECK (status BETWEEN 200 AND 299),
    body       text        CHECK (octet_length(body) <= 16777216),
    sealed     boolean     NOT NULL DEFAULT false,
    etag       text        CHECK (octet_length(etag) <= 100),
    expires_at timestamptz NOT NULL,
    CONSTRAINT idempotency_pkey PRIMARY KEY (scope, key),
    CONSTRAINT idempotency_intent_or_reply CHECK ((status IS NULL) = (attempt IS NOT NULL AND deadline IS NOT NULL))
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX idempotency_expires_at ON platform.idempotency (expires_at);

SELECT platform.declare_platform('platform.idempotency');

-- The request's own role writes in the transaction of the effect. Which rows it can name is fenced by
-- `scope`, a hash over route, person (or network) and organisation that only the dispatcher makes.
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.idempotency TO ashlar_app;

-- down
DROP TABLE platform.idempotency;

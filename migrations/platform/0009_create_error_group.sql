-- What goes wrong, grouped: one row for each log event and the route or job it happened in, so the
-- table is as large as the code, not as the flood. And which alerts are firing, where.
-- Lock cost: none, everything is new.
-- phase: expand

CREATE TABLE platform.error_group (
    id uuid PRIMARY KEY,
    event text NOT NULL CHECK (length(event) BETWEEN 1 AND 63),
    operation text NOT NULL CHECK (length(operation) <= 100),
    count bigint NOT NULL CHECK (count > 0),
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    request_id text CHECK (length(request_id) <= 63),
    sample text NOT NULL CHECK (length(sample) <= 500),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resolved')),
    resolved_at timestamptz,
    resolved_by uuid,
    reopened integer NOT NULL DEFAULT 0,
    CONSTRAINT error_group_event_operation_key UNIQUE (event, operation),
    CONSTRAINT error_group_resolved_is_dated CHECK ((state = 'resolved') = (resolved_at IS NOT NULL))
);
SELECT platform.declare_platform('platform.error_group');
COMMENT ON COLUMN platform.error_group.operation IS 'route id, job kind or command; empty: none of them';
COMMENT ON COLUMN platform.error_group.sample IS 'the fields of the last line';

CREATE TABLE platform.alert (
    name text NOT NULL CHECK (length(name) <= 63),
    instance text NOT NULL CHECK (length(instance) <= 200),
    since timestamptz NOT NULL DEFAULT now(),
    beat_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, instance)
);
SELECT platform.declare_platform('platform.alert');
COMMENT ON COLUMN platform.alert.beat_at IS 'real time, also under a fake clock; old: its process is gone';

-- down
DROP TABLE platform.alert;
DROP TABLE platform.error_group;

-- Background work and events: rows written in the transaction that wants them, claimed afterwards by
-- workers as ashlar_system. An event's delivery is a job (docs/decisions/0007). Runs as ashlar_owner.
-- Lock cost: none, everything is new.
-- phase: expand

-- What happened. Kept for 30 days after the last delivery: the history a new consumer may be fed from.
CREATE TABLE platform.event (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) <= 100),
    version integer NOT NULL CHECK (version > 0),
    org_id uuid DEFAULT platform.current_org(),
    aggregate uuid NOT NULL,
    seq bigint NOT NULL,
    payload jsonb NOT NULL,
    sealed bytea CHECK (octet_length(sealed) <= 1048576),
    pending integer NOT NULL CHECK (pending >= 0),
    request_id text CHECK (length(request_id) <= 100),
    trace text CHECK (length(trace) <= 55),
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    CONSTRAINT event_seq_key UNIQUE NULLS NOT DISTINCT (org_id, aggregate, seq)
);
SELECT platform.declare_platform('platform.event');
-- org_id is not in the list: a publisher's event always belongs to the tenant it works in.
GRANT INSERT (id, name, version, aggregate, seq, payload, sealed, pending, request_id, trace)
    ON platform.event TO ashlar_app;
COMMENT ON COLUMN platform.event.payload IS 'without its secret fields when there is a sealed copy';
COMMENT ON COLUMN platform.event.sealed IS 'whole payload, encrypted; wiped after the last delivery';
COMMENT ON COLUMN platform.event.pending IS 'deliveries not yet done or discarded';
CREATE INDEX event_delivered_idx ON platform.event (created_at) WHERE pending = 0;

-- The row every publisher of an aggregate locks until it commits: events are numbered, and their
-- deliveries queued, in commit order.
CREATE TABLE platform.event_stream (
    org_id uuid NOT NULL,
    aggregate uuid NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (org_id, aggregate)
);
SELECT platform.declare_platform('platform.event_stream');

CREATE FUNCTION platform.event_next(of_aggregate uuid) RETURNS bigint
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    INSERT INTO platform.event_stream AS s (org_id, aggregate, last)
    VALUES (coalesce(platform.current_org(), '00000000-0000-0000-0000-000000000000'),
            of_aggregate, 1)
    ON CONFLICT (org_id, aggregate) DO UPDATE SET last = s.last + 1
    RETURNING s.last;
END;
SELECT platform.declare_definer('platform.event_next(uuid)');

-- One hot table, unpartitioned on purpose: unique keys must cover all of it, and it stays small
-- because done rows leave after a day.
CREATE TABLE platform.job (
    id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (length(kind) <= 200),
    queue text NOT NULL DEFAULT 'default' CHECK (length(queue) <= 100),
    priority integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'running', 'done', 'dead')),
    payload jsonb NOT NULL DEFAULT '{}',
    sealed bytea CHECK (octet_length(sealed) <= 1048576),
    event_id uuid REFERENCES platform.event (id),
    org_id uuid DEFAULT platform.current_org(),
    request_id text CHECK (length(request_id) <= 100),
    trace text CHECK (length(trace) <= 55),
    run_at timestamptz NOT NULL DEFAULT platform.now(),
    deferred_until timestamptz NOT NULL DEFAULT '-infinity',
    due_at timestamptz NOT NULL GENERATED ALWAYS AS (greatest(run_at, deferred_until)) STORED,
    attempts integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL CHECK (max_attempts > 0),
    lost integer NOT NULL DEFAULT 0,
    dedupe_key text CHECK (length(dedupe_key) <= 500),
    ordering_key text CHECK (length(ordering_key) <= 500),
    locked_by text,
    fence bigint NOT NULL DEFAULT 0,
    heartbeat_at timestamptz,
    last_error text CHECK (length(last_error) <= 1000),
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    finished_at timestamptz,
    CONSTRAINT job_running_is_held CHECK (
        (state = 'running') = (locked_by IS NOT NULL AND heartbeat_at IS NOT NULL)),
    CONSTRAINT job_finished_is_dated CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL)),
    CONSTRAINT job_done_keeps_no_secret CHECK (state <> 'done' OR sealed IS NULL)
) WITH (
    -- Every job is four versions of a row within seconds: vacuum by count, not by share, unthrottled.
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0
);
SELECT platform.declare_platform('platform.job');
-- Enqueue, nothing else: state, fence and org_id are not theirs to say.
GRANT INSERT (id, kind, queue, priority, payload, sealed, event_id, request_id, trace, run_at,
    max_attempts, dedupe_key, ordering_key) ON platform.job TO ashlar_app;
COMMENT ON COLUMN platform.job.payload IS 'without its secret fields when there is a sealed copy';
COMMENT ON COLUMN platform.job.sealed IS 'whole payload, encrypted; wiped when done';
COMMENT ON COLUMN platform.job.deferred_until IS
    'not looked at before: another job of its ordering key goes first, and calls it when done';
COMMENT ON COLUMN platform.job.lost IS 'how often the process running it disappeared';
COMMENT ON COLUMN platform.job.fence IS 'raised by each claim; a completion must name the present one';
COMMENT ON COLUMN platform.job.heartbeat_at IS 'real time, also under a fake clock';

-- What a claim walks: per kind, in the order of running.
CREATE INDEX job_ready_idx ON platform.job (kind, priority, due_at, seq) WHERE state = 'ready';
CREATE INDEX job_running_idx ON platform.job (kind) WHERE state = 'running';
CREATE INDEX job_done_idx ON platform.job (finished_at) WHERE state = 'done';
CREATE INDEX job_dead_idx ON platform.job (finished_at) WHERE state = 'dead';
CREATE INDEX job_ordering_idx ON platform.job (ordering_key, seq)
    WHERE ordering_key IS NOT NULL AND state <> 'done';
-- Promises, held here: one at a time per ordering key, one unfinished per dedupe key, one delivery
-- per consumer and event.
CREATE UNIQUE INDEX job_ordering_key ON platform.job (ordering_key)
    WHERE state = 'running' AND ordering_key IS NOT NULL;
CREATE UNIQUE INDEX job_dedupe_key ON platform.job (kind, dedupe_key)
    WHERE state IN ('ready', 'running') AND dedupe_key IS NOT NULL;
CREATE UNIQUE INDEX job_event_key ON platform.job (event_id, kind) WHERE event_id IS NOT NULL;

-- Completion, in the transaction of the job's effect and so by whatever role that has. False: the
-- job was given to somebody else since; the caller must roll its effect back.
CREATE FUNCTION platform.job_complete(job_id uuid, held_fence bigint) RETURNS boolean
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    WITH done AS (
        UPDATE platform.job
        SET state = 'done', finished_at = platform.now(), sealed = NULL, locked_by = NULL,
            heartbeat_at = NULL, last_error = NULL
        WHERE id = job_id AND fence = held_fence AND state = 'running'
        RETURNING event_id, ordering_key
    ), delivered AS (
        UPDATE platform.event e
        SET pending = pending - 1, sealed = CASE WHEN pending > 1 THEN sealed END
        FROM done WHERE e.id = done.event_id
    ), called AS (
        UPDATE platform.job SET deferred_until = '-infinity'
        WHERE id = (SELECT n.id FROM platform.job n JOIN done ON n.ordering_key = done.ordering_key
            WHERE n.state = 'ready' ORDER BY n.seq LIMIT 1)
    )
    SELECT EXISTS (SELECT FROM done);
END;
SELECT platform.declare_definer('platform.job_complete(uuid, bigint)');

-- When each scheduled kind last began a period: one row locked, one run, whatever the number of
-- processes.
CREATE TABLE platform.job_schedule (
    kind text PRIMARY KEY CHECK (length(kind) <= 200),
    period_at timestamptz NOT NULL
);
SELECT platform.declare_platform('platform.job_schedule');

-- down
DROP TABLE platform.job_schedule;
DROP FUNCTION platform.job_complete(uuid, bigint);
DROP TABLE platform.job;
DROP FUNCTION platform.event_next(uuid);
DROP TABLE platform.event_stream;
DROP TABLE platform.event;

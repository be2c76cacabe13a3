-- name: enqueue_job
-- No conflict target: naming one would require the right to read the table. A transaction that
-- enqueues with an ordering key holds the key's lock until commit. It takes the lock before the row
-- has its seq, so that the order of seq is the order of commits.
WITH key AS MATERIALIZED (
    SELECT coalesce(platform.current_org()::text, '-') || ' ' || $12::text AS text
), held AS MATERIALIZED (
    SELECT key.text, CASE WHEN key.text IS NOT NULL
        THEN pg_advisory_xact_lock(hashtextextended('ashlar.jobs.order ' || key.text, 0)) IS NULL END
    FROM key
)
INSERT INTO platform.job
    (id, kind, queue, priority, payload, sealed, request_id, trace, run_at, max_attempts,
     dedupe_key, ordering_key)
SELECT $1, $2, $3, $4, $5::jsonb, $6, $7, $8, coalesce($9, platform.now()), $10, $11, held.text
FROM held
ON CONFLICT DO NOTHING;

-- name: publish_event
-- The number is taken first (which locks the aggregate's row until commit) and all later parts
-- depend on it. So jobs of one aggregate get their seq in commit order.
WITH next AS MATERIALIZED (
    SELECT platform.event_next($4) AS seq
), published AS (
    INSERT INTO platform.event
        (id, name, version, aggregate, seq, payload, sealed, pending, request_id, trace)
    SELECT $1, $2, $3, $4, next.seq, $5::jsonb, $6, $7, $8, $9 FROM next
)
INSERT INTO platform.job (id, kind, queue, request_id, trace, max_attempts, ordering_key, event_id)
SELECT d.id, d.kind, 'events', $8, $9, $10,
    d.kind || ' ' || coalesce(platform.current_org()::text, '-') || ' ' || $4::text, $1
FROM next CROSS JOIN jsonb_to_recordset($11::jsonb) AS d(id uuid, kind text);

-- name: lock_claims
-- Claims of all processes run one after another (about a millisecond each, for a whole batch). This
-- makes the limits and ordering keys of claim_jobs exact. A separate statement, because the next
-- one's snapshot must be taken after the wait.
SELECT pg_advisory_xact_lock(hashtextextended('ashlar.jobs.claim', 0)) IS NULL;

-- name: defer_blocked_jobs
-- $1 kinds, $2 jobs examined per kind, $3 limit of running jobs per organisation. Defers jobs that
-- wait for another job of their ordering key, for longer the older they are. So claims stay short
-- with any number of waiting jobs, and a dead job hides no other. (The first job of a key is found
-- with ORDER BY and LIMIT: a plan made before the table was analysed would turn EXISTS into a hash
-- of all.) platform.job_complete makes the next job of a key due. If that call is lost in a race,
-- the job is examined again within a minute. Jobs of a suspended organisation are parked until
-- release_parked.
WITH busy AS MATERIALIZED (
    SELECT org_id, count(*) AS n FROM platform.job
    WHERE state = 'running' AND org_id IS NOT NULL GROUP BY org_id
), kind AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS k(kind text, while_held boolean)
), first AS MATERIALIZED (
    SELECT k.while_held, j.* FROM kind k CROSS JOIN LATERAL (
        SELECT j.id, j.seq, j.org_id, j.ordering_key FROM platform.job j
        WHERE j.kind = k.kind AND j.state = 'ready' AND j.due_at <= platform.now()
            AND (j.org_id IS NULL OR j.org_id NOT IN (SELECT org_id FROM busy WHERE n >= $3::bigint))
        ORDER BY j.priority, j.due_at, j.seq LIMIT $2::bigint) AS j
), held AS MATERIALIZED (
    SELECT o.org_id FROM (SELECT DISTINCT org_id FROM first WHERE org_id IS NOT NULL) AS o
    WHERE (SELECT EXISTS (SELECT FROM platform.job_hold))
        AND (SELECT h.released_at IS NULL FROM platform.job_hold h WHERE h.org_id = o.org_id)
), late AS MATERIALIZED (
    SELECT f.id FROM first f
    WHERE (f.while_held IS NULL AND f.org_id IN (SELECT org_id FROM held))
        OR (f.ordering_key IS NOT NULL AND f.seq > (
            SELECT o.seq FROM platform.job o WHERE o.ordering_key = f.ordering_key
                AND o.state <> 'done' ORDER BY o.seq LIMIT 1))
), blocked AS MATERIALIZED (
    SELECT id FROM platform.job
    WHERE id = ANY (ARRAY(SELECT id FROM late)) AND state NOT IN ('running', 'done', 'dead')
    FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE platform.job SET deferred_until = CASE
        WHEN org_id IN (SELECT org_id FROM held)
            AND kind NOT IN (SELECT k.kind FROM kind k WHERE k.while_held) THEN 'infinity'
        ELSE platform.now() + least(interval '60 seconds',
            greatest(interval '2 seconds', (platform.now() - created_at) / 2)) END
    WHERE id = ANY (ARRAY(SELECT id FROM blocked))
    RETURNING id, org_id, deferred_until
), parked AS (
    INSERT INTO platform.job_parked (org_id, job_id)
    SELECT org_id, id FROM moved WHERE deferred_until = 'infinity' ON CONFLICT DO NOTHING
)
SELECT count(*) FROM moved;

-- name: claim_jobs
-- $1 worker, $2 kinds, $3 jobs examined per kind, $4 limit of running jobs per organisation, $5
-- limit of rows. Kinds are examined separately, so that ten thousand jobs of one kind hide no
-- other. An organisation at its limit is skipped. A job with a priority above 0 is deferred for at
-- most as many minutes. Then it is ordinary, and the oldest ordinary job is first.
WITH busy AS MATERIALIZED (
    SELECT org_id, count(*) AS n FROM platform.job
    WHERE state = 'running' AND org_id IS NOT NULL GROUP BY org_id
), first AS MATERIALIZED (
    SELECT k.most, k.while_held, j.*
    FROM jsonb_to_recordset($2::jsonb) AS k(kind text, most integer, while_held boolean)
    CROSS JOIN LATERAL (
        SELECT j.id, j.kind, j.org_id, j.due_at, j.seq, j.ordering_key,
            CASE WHEN j.priority > 0 THEN greatest(0,
                    j.priority - extract(epoch FROM platform.now() - j.due_at) / 60)
                ELSE j.priority END AS place
        FROM platform.job j
        WHERE j.kind = k.kind AND j.state = 'ready' AND j.due_at <= platform.now()
            AND (j.org_id IS NULL OR j.org_id NOT IN (SELECT org_id FROM busy WHERE n >= $4::bigint))
        ORDER BY j.priority, j.due_at, j.seq LIMIT $3::bigint) AS j
), held AS MATERIALIZED (
    SELECT o.org_id FROM (SELECT DISTINCT org_id FROM first WHERE org_id IS NOT NULL) AS o
    WHERE (SELECT EXISTS (SELECT FROM platform.job_hold))
        AND (SELECT h.released_at IS NULL FROM platform.job_hold h WHERE h.org_id = o.org_id)
), due AS (
    SELECT f.*,
        row_number() OVER (PARTITION BY kind ORDER BY place, due_at, seq) AS place_in_kind,
        row_number() OVER (PARTITION BY org_id ORDER BY place, due_at, seq) AS place_in_org
    FROM first f
    WHERE (f.while_held OR f.org_id IS NULL OR f.org_id NOT IN (SELECT org_id FROM held))
        AND (f.ordering_key IS NULL OR (
            f.seq = (SELECT o.seq FROM platform.job o WHERE o.ordering_key = f.ordering_key
                AND o.state <> 'done' ORDER BY o.seq LIMIT 1)
            AND NOT EXISTS (SELECT FROM platform.job o WHERE o.ordering_key = f.ordering_key
                AND o.state = 'running')))
), candidate AS (
    SELECT d.id FROM due d LEFT JOIN busy b ON b.org_id = d.org_id
    WHERE (d.org_id IS NULL OR d.place_in_org <= $4::bigint - coalesce(b.n, 0))
        AND (d.most IS NULL OR d.place_in_kind <= d.most - (
            SELECT count(*) FROM platform.job r WHERE r.state = 'running' AND r.kind = d.kind))
    ORDER BY d.place, d.due_at, d.seq LIMIT $5::bigint
), locked AS MATERIALIZED (
    SELECT id FROM platform.job
    WHERE id = ANY (ARRAY(SELECT id FROM candidate)) AND state NOT IN ('running', 'done', 'dead')
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE platform.job j
    SET state = 'running', attempts = j.attempts + 1, fence = j.fence + 1, locked_by = $1,
        heartbeat_at = clock_timestamp()
    WHERE j.id = ANY (ARRAY(SELECT id FROM locked))
    RETURNING j.*
), noted AS (
    UPDATE platform.job_pulse SET claimed_at = platform.now()
    WHERE one AND claimed_at < platform.now() - interval '1 second' AND EXISTS (SELECT FROM claimed)
)
SELECT c.id, c.kind, c.org_id, c.request_id, c.trace, c.attempts, c.max_attempts, c.fence,
    coalesce(e.payload, c.payload) AS payload,
    translate(encode(coalesce(e.sealed, c.sealed), 'base64'), '+/=' || chr(10), '-_') AS sealed,
    e.id AS event_id, e.name AS event_name, e.version AS event_version, e.aggregate, e.created_at AS event_at,
    CASE WHEN c.kind LIKE 'dead:%' THEN split_part(c.dedupe_key, ' ', 1)::uuid END AS death_of
FROM claimed c LEFT JOIN platform.event e ON e.id = coalesce(c.event_id,
    CASE WHEN c.kind LIKE 'dead:event:%' THEN split_part(c.dedupe_key, ' ', 3)::uuid END)
ORDER BY c.priority, c.run_at, c.seq;

-- name: complete_job
SELECT platform.job_complete($1, $2);

-- name: retry_job_later
UPDATE platform.job
SET state = 'ready', run_at = platform.now() + $3::bigint * interval '1 microsecond',
    last_error = left($4, 1000), locked_by = NULL, heartbeat_at = NULL
WHERE id = $1 AND fence = $2 AND state = 'running';

-- name: give_job_back
-- The job found that it is held: its attempt is returned, and the next claim parks it.
UPDATE platform.job
SET state = 'ready', attempts = attempts - 1, run_at = platform.now() + interval '1 second',
    locked_by = NULL, heartbeat_at = NULL
WHERE id = $1 AND fence = $2 AND state = 'running';

-- name: bury_job
UPDATE platform.job
SET state = 'dead', finished_at = platform.now(), last_error = left($3, 1000), locked_by = NULL,
    heartbeat_at = NULL
WHERE id = $1 AND fence = $2 AND state = 'running';

-- name: report_death
-- $2 id of the new job. In the transaction in which $1 becomes dead. The dedupe key identifies the
-- dead job and the number of its death, for a delivery also the event. The sealed payload stays
-- bound to the dead job.
INSERT INTO platform.job (id, kind, queue, priority, payload, sealed, org_id, request_id, trace,
    max_attempts, dedupe_key)
SELECT $2, 'dead:' || j.kind, 'deaths', j.priority, coalesce(e.payload, j.payload),
    coalesce(e.sealed, j.sealed), j.org_id, j.request_id, j.trace, $3::int,
    concat_ws(' ', j.id, j.fence, j.event_id)
FROM platform.job j LEFT JOIN platform.event e ON e.id = j.event_id
WHERE j.id = $1 AND j.state = $4 FOR UPDATE OF j
ON CONFLICT DO NOTHING;

-- name: beat_jobs
-- Only jobs that this process still runs: rescue_jobs must find a job whose result could not be
-- written.
UPDATE platform.job SET heartbeat_at = clock_timestamp()
WHERE state = 'running' AND locked_by = $1
    AND id IN (SELECT x.id FROM jsonb_to_recordset($2::jsonb) AS x(id uuid));

-- name: rescue_jobs
-- The attempt stays used, so a job that crashes its process becomes dead, and sooner by `lost`.
WITH stale AS (
    SELECT id FROM platform.job
    WHERE state = 'running' AND heartbeat_at < clock_timestamp() - $1::bigint * interval '1 second'
    ORDER BY seq LIMIT 500 FOR UPDATE SKIP LOCKED
)
UPDATE platform.job j
SET lost = lost + 1, locked_by = NULL, heartbeat_at = NULL,
    last_error = 'the process that ran it disappeared: ' || j.locked_by,
    state = CASE WHEN attempts >= max_attempts OR lost + 1 >= $2 THEN 'dead' ELSE 'ready' END,
    finished_at = CASE WHEN attempts >= max_attempts OR lost + 1 >= $2 THEN platform.now() END
FROM stale WHERE j.id = stale.id
RETURNING j.id, j.kind, j.state, j.attempts, j.lost;

-- name: release_jobs
-- All jobs of this process except the running ones. A claim whose response was lost leaves jobs
-- that no thread runs.
UPDATE platform.job
SET state = 'ready', attempts = attempts - 1, locked_by = NULL, heartbeat_at = NULL
WHERE state = 'running' AND locked_by = $1
    AND id NOT IN (SELECT x.id FROM jsonb_to_recordset($2::jsonb) AS x(id uuid));

-- name: hold_org
INSERT INTO platform.job_hold AS h (org_id) VALUES ($1)
ON CONFLICT (org_id) DO UPDATE SET released_at = NULL, held_at = platform.now()
    WHERE h.released_at IS NOT NULL;

-- name: release_org
UPDATE platform.job_hold SET released_at = platform.now() WHERE org_id = $1 AND released_at IS NULL;

-- name: release_purged
SELECT platform.jobs_release();

-- name: jobs_are_held
SELECT platform.jobs_are_held();

-- name: release_parked
-- $1 limit of rows. Releases a bite of the parked jobs of a released organisation, under the lock
-- of the claims. So every parking transaction has committed, and the next claim reads that the hold
-- has ended. The organisation's row is deleted after its last job.
WITH org AS MATERIALIZED (
    SELECT org_id FROM platform.job_hold WHERE released_at IS NOT NULL
    ORDER BY released_at LIMIT 1 FOR UPDATE SKIP LOCKED
), bite AS (
    DELETE FROM platform.job_parked WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM platform.job_parked WHERE org_id = (SELECT org_id FROM org) LIMIT $1::bigint))
    RETURNING job_id
), called AS (
    UPDATE platform.job SET deferred_until = '-infinity'
    WHERE id = ANY (ARRAY(SELECT job_id FROM bite)) AND state NOT IN ('running', 'done', 'dead')
), over AS (
    DELETE FROM platform.job_hold
    WHERE org_id = (SELECT org_id FROM org) AND NOT EXISTS (SELECT FROM bite)
)
SELECT count(*) FROM bite;

-- name: schedule_jobs
-- Periods are counted from 1970 in UTC, so every process computes the same one. For a new kind only
-- the current period is recorded. After a pause of any length one run replaces the missed ones.
WITH kind AS (
    SELECT k.*, to_timestamp(floor(extract(epoch FROM platform.now()) / every_s) * every_s) AS period_at
    FROM jsonb_to_recordset($1::jsonb)
        AS k(kind text, id uuid, every_s integer, queue text, priority integer, max_attempts integer)
), due AS (
    INSERT INTO platform.job_schedule AS s (kind, period_at)
    SELECT k.kind, k.period_at FROM kind k WHERE NOT EXISTS (
        SELECT FROM platform.job_schedule o WHERE o.kind = k.kind AND o.period_at >= k.period_at)
    ON CONFLICT (kind) DO UPDATE SET period_at = EXCLUDED.period_at
        WHERE s.period_at < EXCLUDED.period_at
    RETURNING s.kind, s.xmax <> 0 AS was_there
)
INSERT INTO platform.job (id, kind, queue, priority, max_attempts, dedupe_key)
SELECT k.id, k.kind, k.queue, k.priority, k.max_attempts, 'schedule'
FROM kind k JOIN due ON due.kind = k.kind AND due.was_there
ON CONFLICT DO NOTHING;

-- name: sweep_jobs
-- By ctid, so the plan does not depend on statistics. Done jobs do not change.
DELETE FROM platform.job WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM platform.job
    WHERE state = 'done' AND finished_at < platform.now() - interval '24 hours' LIMIT $1::bigint));

-- name: sweep_dead_jobs
-- As discard_job does. NOT IN rechecks the state, so a concurrently retried job stays. No index
-- matches it.
WITH gone AS (
    DELETE FROM platform.job WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM platform.job
            WHERE state = 'dead' AND finished_at < platform.now() - interval '30 days' LIMIT $1::bigint))
        AND state NOT IN ('ready', 'running', 'done')
    RETURNING event_id
), of_event AS MATERIALIZED (
    SELECT event_id, count(*) AS n FROM gone WHERE event_id IS NOT NULL GROUP BY event_id
), settled AS (
    UPDATE platform.event e SET pending = e.pending - o.n,
        sealed = CASE WHEN e.pending > o.n THEN e.sealed END
    FROM of_event o WHERE e.id = o.event_id AND e.id = ANY (ARRAY(SELECT event_id FROM of_event))
)
SELECT count(*) FROM gone;

-- name: sweep_events
-- The last event of an aggregate is deleted with its row in event_stream, so its next event has
-- number 1. A concurrent publisher holds that row or has raised `last`: then the row stays.
WITH gone AS (
    DELETE FROM platform.event WHERE ctid = ANY (ARRAY(
        SELECT e.ctid FROM platform.event e
        WHERE e.pending = 0 AND e.created_at < platform.now() - interval '30 days'
            AND NOT EXISTS (SELECT FROM platform.job j WHERE j.event_id = e.id) LIMIT $1::bigint))
    RETURNING org_id, aggregate, seq
), bite AS MATERIALIZED (
    SELECT org_id, aggregate, max(seq) AS last, count(*) AS n FROM gone GROUP BY org_id, aggregate
), empty AS MATERIALIZED (
    SELECT s.place FROM bite b CROSS JOIN LATERAL (
        SELECT ctid AS place FROM platform.event_stream
        WHERE org_id = coalesce(b.org_id, '00000000-0000-0000-0000-000000000000')
            AND aggregate = b.aggregate AND last = b.last
        FOR UPDATE SKIP LOCKED) AS s
    WHERE b.n = (SELECT count(*) FROM platform.event e
            WHERE e.org_id = b.org_id AND e.aggregate = b.aggregate)
        + (SELECT count(*) FROM platform.event e
            WHERE b.org_id IS NULL AND e.org_id IS NULL AND e.aggregate = b.aggregate)
), ended AS (
    DELETE FROM platform.event_stream WHERE ctid = ANY (ARRAY(SELECT place FROM empty))
)
SELECT count(*) FROM gone;

-- name: count_jobs
-- Each count uses its index and does not scan the done jobs of a day. Parked jobs are not waiting.
SELECT w.ready, w.oldest_ready_s, (SELECT count(*) FROM platform.job_parked) AS held,
    (SELECT count(*) FROM platform.job WHERE state = 'running') AS running,
    (SELECT count(*) FROM platform.job WHERE state = 'dead') AS dead
FROM (SELECT count(*) AS ready, coalesce(extract(epoch FROM platform.now() - min(run_at)
        FILTER (WHERE run_at <= platform.now())), 0)::bigint AS oldest_ready_s
    FROM platform.job WHERE state = 'ready' AND due_at < 'infinity') AS w;

-- name: notify_workers
SELECT pg_notify('ashlar_jobs', '') IS NULL;

-- name: notify_topics
SELECT pg_notify('ashlar_streams', $1::text) IS NULL;

-- name: list_jobs
-- Dead jobs first, then running ones, then waiting ones.
SELECT id, kind, state, attempts, max_attempts, run_at, finished_at, org_id, last_error
FROM platform.job
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR kind = $2)
ORDER BY array_position(ARRAY['dead', 'running', 'ready', 'done'], state), run_at, seq LIMIT $3;

-- name: find_jobs
SELECT id, kind, queue, state, attempts, max_attempts, org_id, request_id, created_at, run_at,
    finished_at, last_error
FROM platform.job
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR kind = $2)
    AND ($3::uuid IS NULL OR org_id = $3) AND ($4::uuid IS NULL OR id > $4)
ORDER BY id LIMIT $5;

-- name: find_dead_jobs
-- The state is a literal, so that every plan uses the index of dead jobs.
SELECT id, kind, queue, state, attempts, max_attempts, org_id, request_id, created_at, run_at,
    finished_at, last_error
FROM platform.job
WHERE state = 'dead' AND ($1::text IS NULL OR kind = $1) AND ($2::uuid IS NULL OR org_id = $2)
    AND ($3::uuid IS NULL OR id > $3)
ORDER BY id LIMIT $4;

-- name: show_job
SELECT j.id, j.kind, j.queue, j.priority, j.state, j.attempts, j.max_attempts, j.lost, j.org_id,
    j.request_id, j.trace, j.event_id, j.dedupe_key, j.ordering_key, j.locked_by, j.last_error, j.created_at,
    j.run_at, j.heartbeat_at, j.finished_at, coalesce(e.payload, j.payload) AS payload,
    (SELECT count(*) FROM platform.job o WHERE o.ordering_key = j.ordering_key AND o.state = 'ready'
        AND o.seq > j.seq AND j.state <> 'done') AS waiting_behind,
    j.state = 'ready' AND j.deferred_until = 'infinity' AS held
FROM platform.job j LEFT JOIN platform.event e ON e.id = j.event_id WHERE j.id = $1;

-- name: retry_jobs
-- A dead job whose dedupe key is in use stays dead, because the newer job replaces it. A pending
-- on_dead job of a retried one is cancelled.
WITH revived AS (
    SELECT j.id, 'dead:' || j.kind AS death, concat_ws(' ', j.id, j.fence, j.event_id) AS key
    FROM platform.job j
    WHERE state = 'dead' AND ($1::uuid IS NULL OR id = $1) AND ($2::text IS NULL OR kind = $2)
        AND (dedupe_key IS NULL OR NOT EXISTS (
            SELECT FROM platform.job o
            WHERE o.kind = j.kind AND o.dedupe_key = j.dedupe_key
                AND o.org_id IS NOT DISTINCT FROM j.org_id AND o.state IN ('ready', 'running')))
    FOR UPDATE
), unreported AS (
    DELETE FROM platform.job WHERE id = ANY (ARRAY(
        SELECT d.id FROM revived r CROSS JOIN LATERAL (
            SELECT id FROM platform.job
            WHERE kind = r.death AND dedupe_key = r.key AND state IN ('ready', 'running') OFFSET 0) AS d))
        AND state NOT IN ('running', 'done', 'dead')
)
UPDATE platform.job
SET state = 'ready', attempts = 0, lost = 0, run_at = platform.now(), deferred_until = '-infinity',
    finished_at = NULL
WHERE id = ANY (ARRAY(SELECT id FROM revived));

-- name: discard_job
WITH gone AS (
    DELETE FROM platform.job WHERE id = $1 AND state IN ('dead', 'ready')
    RETURNING event_id, ordering_key, seq
), called AS (
    UPDATE platform.job SET deferred_until = '-infinity'
    WHERE id = (SELECT n.id FROM platform.job n
        WHERE n.ordering_key = (SELECT ordering_key FROM gone)
            AND n.state NOT IN ('running', 'done', 'dead') AND n.seq > (SELECT seq FROM gone)
        ORDER BY n.seq LIMIT 1)
), settled AS (
    UPDATE platform.event e
    SET pending = pending - 1, sealed = CASE WHEN pending > 1 THEN sealed END
    FROM gone WHERE e.id = gone.event_id
)
SELECT count(*) FROM gone;

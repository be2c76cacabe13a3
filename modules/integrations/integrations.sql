-- name: lock_feed
-- Created on first use; locked until the transaction ends.
INSERT INTO integrations.feed (org_id) VALUES ($1)
ON CONFLICT (org_id) DO UPDATE SET last = feed.last;

-- name: take_event
-- An event that exists already keeps its number.
WITH next AS (
    INSERT INTO integrations.feed (org_id, last) VALUES ($1, 1)
    ON CONFLICT (org_id) DO UPDATE SET last = feed.last + 1
    RETURNING last
)
INSERT INTO integrations.event (org_id, id, seq, name, payload, occurred_at)
SELECT $1, $2, next.last, $3, $4::jsonb, $5 FROM next;

-- name: insert_test_event
INSERT INTO integrations.event (org_id, id, name, payload, occurred_at)
VALUES ($1, $2, $3, $4::jsonb, platform.now());

-- name: list_events
SELECT id, seq AS sequence, name AS type, occurred_at AS timestamp, payload AS data
FROM integrations.event WHERE org_id = $1 AND seq > $2::bigint ORDER BY seq LIMIT $3::bigint;

-- name: get_feed
SELECT last, swept FROM integrations.feed WHERE org_id = $1;

-- name: seq_since
-- The number before the first event since then. Midnight of 1970 is passed as NULL.
SELECT coalesce((SELECT min(seq) - 1 FROM integrations.event
        WHERE org_id = $1 AND created_at >= coalesce($2::timestamptz, '-infinity')),
    (SELECT last FROM integrations.feed WHERE org_id = $1), 0);

-- name: list_endpoints
SELECT id, url, description, events, enabled, disabled_reason, failing_since, last_success_at,
    last_failure_at, previous_until AS previous_secret_until, replay_next IS NOT NULL AS replaying,
    version, created_at
FROM integrations.endpoint WHERE org_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3;

-- name: get_endpoint
SELECT id, url, description, events, enabled, disabled_reason, failing_since, last_success_at,
    last_failure_at, previous_until AS previous_secret_until, replay_next IS NOT NULL AS replaying,
    version, created_at
FROM integrations.endpoint WHERE org_id = $1 AND id = $2;

-- name: lock_endpoint
SELECT id, url, description, events, enabled, disabled_reason, failing_since, last_success_at,
    last_failure_at, previous_until AS previous_secret_until, replay_next IS NOT NULL AS replaying,
    version, created_at
FROM integrations.endpoint WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE;

-- name: count_endpoints
SELECT count(*) FROM integrations.endpoint WHERE org_id = $1;

-- name: insert_endpoint
INSERT INTO integrations.endpoint (org_id, id, url, description, events, secret)
VALUES ($1, $2, $3, $4, $5::text[], $6);

-- name: update_endpoint
-- Enabling clears the failure state.
UPDATE integrations.endpoint
SET url = $3, description = $4, events = $5::text[], enabled = $6,
    disabled_reason = CASE WHEN $6 THEN NULL ELSE coalesce(disabled_reason, 'person') END,
    replay_next = CASE WHEN $6 THEN replay_next END, replay_last = CASE WHEN $6 THEN replay_last END,
    failing_since = CASE WHEN $6 AND NOT enabled THEN NULL ELSE failing_since END,
    notified_stage = CASE WHEN $6 AND NOT enabled THEN 0 ELSE notified_stage END, version = version + 1
WHERE org_id = $1 AND id = $2;

-- name: delete_endpoint
DELETE FROM integrations.endpoint WHERE org_id = $1 AND id = $2;

-- name: count_former_secrets
SELECT count(*) FROM (
    SELECT f.secret FROM integrations.endpoint e, unnest(e.former_secrets, e.former_until) AS f(secret, until)
    WHERE e.org_id = $1 AND e.id = $2 AND f.until > platform.now()
    UNION
    SELECT previous_secret FROM integrations.endpoint
    WHERE org_id = $1 AND id = $2 AND previous_until > platform.now()) AS signing;

-- name: rotate_secret
-- The current secret becomes one of the previous ones, each with its own end. previous_secret may have been
-- set by a binary without former_secrets.
UPDATE integrations.endpoint e
SET former_secrets = signing.secrets || e.secret,
    former_until = signing.untils || (platform.now() + make_interval(hours => $4::int)),
    previous_secret = e.secret, secret = $3, version = version + 1,
    previous_until = platform.now() + make_interval(hours => $4::int)
FROM (
    SELECT coalesce(array_agg(secret ORDER BY until), '{}') AS secrets,
        coalesce(array_agg(until ORDER BY until), '{}') AS untils
    FROM (
        SELECT f.secret, f.until
        FROM integrations.endpoint o, unnest(o.former_secrets, o.former_until) AS f(secret, until)
        WHERE o.org_id = $1 AND o.id = $2
        UNION
        SELECT previous_secret, previous_until FROM integrations.endpoint
        WHERE org_id = $1 AND id = $2) AS was
    WHERE until > platform.now()) AS signing
WHERE e.org_id = $1 AND e.id = $2;

-- name: disable_endpoint
UPDATE integrations.endpoint
SET enabled = false, disabled_reason = $3, replay_next = NULL, replay_last = NULL,
    version = version + 1
WHERE org_id = $1 AND id = $2 AND enabled;

-- name: list_listeners
-- Endpoints subscribed to this event.
SELECT id FROM integrations.endpoint
WHERE org_id = $1 AND enabled AND (events = '{}' OR $2 = ANY (events)) ORDER BY id;

-- name: insert_deliveries
-- $2 [{"id", "endpoint_id", "event_id"}, …]. A failed or pending delivery is restarted; a delivered one is
-- unchanged.
INSERT INTO integrations.delivery AS d (org_id, id, endpoint_id, event_id)
SELECT $1, n.id, n.endpoint_id, n.event_id
FROM jsonb_to_recordset($2::jsonb) AS n(id uuid, endpoint_id uuid, event_id uuid)
ON CONFLICT (org_id, endpoint_id, event_id) DO UPDATE
SET state = 'pending', tries = 0, next_at = platform.now()
WHERE d.state <> 'delivered';

-- name: queue_endpoint
-- One row when no delivery job is queued yet.
UPDATE integrations.endpoint SET queued = true
WHERE org_id = $1 AND id = $2 AND enabled AND NOT queued;

-- name: list_deliveries
SELECT d.id, d.event_id, e.name AS event_type, d.state, d.attempts,
    CASE d.last_result WHEN 'refused' THEN 'unreachable' ELSE d.last_result END AS last_result, d.last_status,
    CASE WHEN d.state = 'pending' THEN d.next_at END AS next_attempt_at, d.created_at
FROM integrations.delivery d JOIN integrations.event e ON e.org_id = d.org_id AND e.id = d.event_id
WHERE d.org_id = $1 AND d.endpoint_id = $2 AND ($3::text IS NULL OR d.state = $3)
    AND ($4::uuid IS NULL OR d.id < $4)
ORDER BY d.id DESC LIMIT $5;

-- name: get_delivery
SELECT d.id, d.event_id, e.name AS event_type, d.state, d.attempts,
    CASE d.last_result WHEN 'refused' THEN 'unreachable' ELSE d.last_result END AS last_result, d.last_status,
    CASE WHEN d.state = 'pending' THEN d.next_at END AS next_attempt_at, d.created_at
FROM integrations.delivery d JOIN integrations.event e ON e.org_id = d.org_id AND e.id = d.event_id
WHERE d.org_id = $1 AND d.endpoint_id = $2 AND d.id = $3;

-- name: list_attempts
-- Older binaries stored which names have private addresses.
SELECT CASE result WHEN 'refused' THEN 'unreachable' ELSE result END AS result, status,
    CASE WHEN result IN ('refused', 'unreachable') THEN 0 ELSE latency_ms END AS latency_ms, excerpt,
    created_at AS at
FROM integrations.attempt WHERE org_id = $1 AND delivery_id = $2 ORDER BY id DESC LIMIT 50;

-- name: redeliver
UPDATE integrations.delivery SET state = 'pending', tries = 0, next_at = platform.now()
WHERE org_id = $1 AND endpoint_id = $2 AND id = $3;

-- name: begin_run
-- $3: this run. Returns the data for sending; the row stays locked until deliveries are claimed.
UPDATE integrations.endpoint SET queued = false WHERE org_id = $1 AND id = $2
RETURNING url, enabled, version, secret,
    (SELECT held_at IS NOT NULL FROM integrations.feed f WHERE f.org_id = $1) AS held,
    ARRAY(SELECT f.secret FROM unnest(former_secrets || previous_secret, former_until || previous_until)
            AS f(secret, until)
        WHERE f.until > platform.now() GROUP BY f.secret ORDER BY max(f.until) DESC) AS former_secrets,
    failing_since IS NOT NULL AS failing;

-- name: may_go_on
-- Between two deliveries: the endpoint is unchanged since the run began, and its organisation was not
-- suspended since.
SELECT EXISTS (SELECT FROM integrations.endpoint p JOIN integrations.feed f ON f.org_id = p.org_id
    WHERE p.org_id = $1 AND p.id = $2 AND p.enabled AND p.version = $3 AND f.held_at IS NULL);

-- name: hold
UPDATE integrations.feed SET held_at = platform.now() WHERE org_id = $1 AND held_at IS NULL;

-- name: shift_failing
-- No delivery was attempted during the suspension.
UPDATE integrations.endpoint p
SET failing_since = p.failing_since + (platform.now() - greatest(f.held_at, p.failing_since))
FROM integrations.feed f
WHERE p.org_id = $1 AND f.org_id = $1 AND f.held_at IS NOT NULL AND p.failing_since IS NOT NULL;

-- name: let_go
UPDATE integrations.feed SET held_at = NULL, let_go_at = platform.now()
WHERE org_id = $1 AND held_at IS NOT NULL;

-- name: count_runs
-- The number of other runs that are sending to it.
SELECT count(DISTINCT leased_by) FROM integrations.delivery
WHERE org_id = $1 AND endpoint_id = $2 AND state = 'pending' AND leased_by <> $3
    AND leased_until > platform.now();

-- name: claim_deliveries
-- Also deliveries that this run held when its process crashed.
WITH due AS (
    SELECT id FROM integrations.delivery
    WHERE org_id = $1 AND endpoint_id = $2 AND state = 'pending'
        AND (leased_by = $3 OR (next_at <= platform.now()
            AND (leased_until IS NULL OR leased_until <= platform.now())))
    ORDER BY next_at, id LIMIT $4::bigint
), leased AS (
    UPDATE integrations.delivery d
    SET leased_by = $3, leased_until = platform.now() + make_interval(secs => $5::int)
    WHERE d.org_id = $1 AND d.id = ANY (ARRAY(SELECT id FROM due))
    RETURNING d.id, d.event_id, d.tries, d.next_at
)
SELECT l.id, l.event_id, l.tries, e.name AS type, e.occurred_at AS timestamp, e.payload AS data
FROM leased l JOIN integrations.event e ON e.org_id = $1 AND e.id = l.event_id
ORDER BY l.next_at, l.id;

-- name: record_attempt
-- Nothing when another run has claimed the delivery since, or it was deleted with its endpoint.
WITH done AS (
    UPDATE integrations.delivery
    SET state = $4, tries = tries + 1, attempts = attempts + 1, last_result = $5, last_status = nullif($6::int, 0),
        next_at = platform.now() + $9::bigint * interval '1 millisecond',
        leased_by = NULL, leased_until = NULL
    WHERE org_id = $1 AND id = $2 AND leased_by = $3
    RETURNING id
)
INSERT INTO integrations.attempt (org_id, id, delivery_id, result, status, latency_ms, excerpt)
SELECT $1, $10, done.id, $5, nullif($6::int, 0), $7, $8 FROM done;

-- name: note_success
UPDATE integrations.endpoint
SET last_success_at = platform.now(), failing_since = NULL, notified_stage = 0
WHERE org_id = $1 AND id = $2;

-- name: note_failure
UPDATE integrations.endpoint
SET last_failure_at = platform.now(), failing_since = coalesce(failing_since, platform.now())
WHERE org_id = $1 AND id = $2;

-- name: release_deliveries
UPDATE integrations.delivery SET leased_by = NULL, leased_until = NULL
WHERE org_id = $1 AND endpoint_id = $2 AND leased_by = $3;

-- name: next_due
-- The time of the next delivery; no row: none.
SELECT min(next_at) AS at FROM integrations.delivery
WHERE org_id = $1 AND endpoint_id = $2 AND state = 'pending'
    AND (leased_until IS NULL OR leased_until <= platform.now())
HAVING min(next_at) IS NOT NULL;

-- name: start_replay
UPDATE integrations.endpoint
SET replay_next = $3::bigint + 1, replay_last = (SELECT last FROM integrations.feed WHERE org_id = $1)
WHERE org_id = $1 AND id = $2;

-- name: get_replay
SELECT replay_next AS next, replay_last AS last FROM integrations.endpoint
WHERE org_id = $1 AND id = $2 AND replay_next IS NOT NULL AND enabled FOR NO KEY UPDATE;

-- name: set_replay
UPDATE integrations.endpoint SET replay_next = nullif($3::bigint, 0),
    replay_last = CASE WHEN $3 = 0 THEN NULL ELSE replay_last END
WHERE org_id = $1 AND id = $2;

-- name: list_events_to_replay
SELECT id, seq FROM integrations.event e
WHERE org_id = $1 AND seq BETWEEN $3::bigint AND $4::bigint
    AND EXISTS (SELECT FROM integrations.endpoint p WHERE p.org_id = $1 AND p.id = $2
        AND (p.events = '{}' OR e.name = ANY (p.events)))
ORDER BY seq LIMIT $5::bigint;

-- name: list_stuck
-- A delivery was due a minute ago and no run is active: its job was lost.
WITH pending AS MATERIALIZED (
    SELECT org_id, endpoint_id FROM integrations.delivery
    WHERE state = 'pending'
    GROUP BY org_id, endpoint_id
    HAVING bool_or(next_at < platform.now() - interval '60 seconds')
        AND NOT bool_or(coalesce(leased_until > platform.now(), false))
)
SELECT org_id, endpoint_id, 0 AS stage FROM pending d
WHERE (SELECT p.enabled FROM integrations.endpoint p WHERE p.org_id = d.org_id AND p.id = d.endpoint_id)
    AND (SELECT f.held_at IS NULL
        AND coalesce(f.let_go_at < platform.now() - interval '60 seconds', true)
        FROM integrations.feed f WHERE f.org_id = d.org_id)
LIMIT 100;

-- name: list_failing
-- Endpoints whose next notification is due, with its stage.
SELECT f.org_id, f.id AS endpoint_id, f.stage FROM (
    SELECT org_id, id, notified_stage, CASE
        WHEN failing_since <= platform.now() - interval '5 days' THEN 3
        WHEN failing_since <= platform.now() - interval '3 days' THEN 2
        ELSE 1 END AS stage
    FROM integrations.endpoint p
    WHERE enabled AND (SELECT f.held_at IS NULL FROM integrations.feed f WHERE f.org_id = p.org_id)
        AND failing_since <= platform.now() - interval '1 day') AS f
WHERE f.notified_stage < f.stage ORDER BY f.org_id, f.id LIMIT 100;

-- name: count_notification
-- Nothing when it recovered, or the notification was recorded already.
UPDATE integrations.endpoint SET notified_stage = $3::int
WHERE org_id = $1 AND id = $2 AND enabled AND notified_stage < $3::int AND failing_since IS NOT NULL;

-- name: count_waiting
-- Waiting time of a delivery in a suspended organisation starts at the end of the suspension.
SELECT coalesce(max(extract(epoch FROM platform.now() - greatest(d.next_at, (
    SELECT f.let_go_at FROM integrations.feed f WHERE f.org_id = d.org_id)))), 0)::bigint
FROM integrations.delivery d
WHERE d.state = 'pending' AND d.next_at <= platform.now() AND (SELECT p.enabled
    FROM integrations.endpoint p WHERE p.org_id = d.org_id AND p.id = d.endpoint_id)
    AND (SELECT f.held_at IS NULL FROM integrations.feed f WHERE f.org_id = d.org_id);

-- name: delete_old_events
-- Deliveries and attempts are deleted with their events. If an old delivery is still pending (its
-- organisation is or was suspended), all events stay until it is sent. So the feed has no gap. The feed
-- stores the position. So a late reader gets an error instead of a gap.
WITH waiting AS MATERIALIZED (
    SELECT d.org_id FROM integrations.delivery d
    WHERE d.state = 'pending' AND d.created_at < platform.now() - make_interval(days => $1::int)
        AND (SELECT p.enabled
            FROM integrations.endpoint p WHERE p.org_id = d.org_id AND p.id = d.endpoint_id)
), gone AS (
    DELETE FROM integrations.event WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM integrations.event
        WHERE created_at < platform.now() - make_interval(days => $1::int)
            AND org_id NOT IN (SELECT org_id FROM waiting)
        ORDER BY created_at LIMIT $2::bigint))
    RETURNING org_id, seq
), furthest AS (
    SELECT org_id, max(seq) AS seq FROM gone GROUP BY org_id
), noted AS (
    UPDATE integrations.feed f SET swept = greatest(f.swept, furthest.seq)
    FROM furthest WHERE f.org_id = furthest.org_id
)
SELECT count(*) FROM gone;

-- name: purge
-- All other rows are deleted by cascade.
DELETE FROM integrations.feed WHERE org_id = $1;

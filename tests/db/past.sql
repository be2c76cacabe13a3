-- What tests/db/test_tables.c fills each swept table with: exactly :rows rows that are past their time.

-- name: error_group
INSERT INTO platform.error_group (id, event, operation, count, first_seen_at, last_seen_at, sample)
SELECT gen_random_uuid(), 'e', gen_random_uuid(), 1, now() - interval '99 days',
    now() - interval '91 days', ''
FROM generate_series(1, :rows) AS i;

-- name: event
INSERT INTO platform.event (id, name, version, aggregate, seq, payload, pending, created_at)
SELECT gen_random_uuid(), 'e', 1, gen_random_uuid(), 1, '{}', 0, now() - interval '31 days'
FROM generate_series(1, :rows) AS i;

-- name: event_stream
WITH e AS (
    INSERT INTO platform.event (id, name, version, aggregate, seq, payload, pending, created_at)
    SELECT gen_random_uuid(), 'e', 1, gen_random_uuid(), 1, '{}', 0, now() - interval '31 days'
    FROM generate_series(1, :rows) AS i RETURNING aggregate
)
INSERT INTO platform.event_stream (org_id, aggregate, last)
SELECT '00000000-0000-0000-0000-000000000000', aggregate, 1 FROM e;

-- name: idempotency
INSERT INTO platform.idempotency (scope, key, content, status, expires_at)
SELECT 'a scope of the test', gen_random_uuid(), 'content of the test', 200, now() - interval '1 hour'
FROM generate_series(1, :rows) AS i;

-- name: job
-- Every other one is dead; of those every other one should have delivered an event.
WITH e AS (
    INSERT INTO platform.event (id, name, version, aggregate, seq, payload, pending)
    SELECT gen_random_uuid(), 'e', 1, gen_random_uuid(), 1, '{}', 1 FROM generate_series(1, :rows) AS i RETURNING id
), n AS (
    SELECT id, row_number() OVER () AS i FROM e
)
INSERT INTO platform.job (id, kind, max_attempts, state, finished_at, sealed, event_id)
SELECT gen_random_uuid(), 'k', 1, CASE i % 2 WHEN 0 THEN 'done' ELSE 'dead' END,
    now() - CASE i % 2 WHEN 0 THEN interval '25 hours' ELSE interval '31 days' END,
    CASE i % 2 WHEN 1 THEN '\x00'::bytea END, CASE i % 4 WHEN 1 THEN id END
FROM n;

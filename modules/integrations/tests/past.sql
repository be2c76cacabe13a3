-- What tests/db/test_tables.c fills each swept table with: exactly :rows rows that are past their time.

-- name: event
WITH o AS (
    INSERT INTO users.org (id, name) VALUES (gen_random_uuid(), 'O') RETURNING id
), f AS (
    INSERT INTO integrations.feed (org_id, last, swept) SELECT id, :rows, 0 FROM o RETURNING org_id
), e AS (
    INSERT INTO integrations.event (org_id, id, seq, name, payload, occurred_at, created_at)
    SELECT f.org_id, gen_random_uuid(), i, 'e', '{}', now() - interval '10 years', now() - interval '10 years'
    FROM f, generate_series(1, :rows) AS i RETURNING org_id, id
)
SELECT count(*) FROM e;

-- name: delivery
WITH o AS (
    INSERT INTO users.org (id, name) VALUES (gen_random_uuid(), 'O') RETURNING id
), f AS (
    INSERT INTO integrations.feed (org_id, last, swept) SELECT id, :rows, 0 FROM o RETURNING org_id
), e AS (
    INSERT INTO integrations.event (org_id, id, seq, name, payload, occurred_at, created_at)
    SELECT f.org_id, gen_random_uuid(), i, 'e', '{}', now() - interval '10 years', now() - interval '10 years'
    FROM f, generate_series(1, :rows) AS i RETURNING org_id, id
), p AS (
    INSERT INTO integrations.endpoint (org_id, id, url, description, events, secret)
    SELECT org_id, gen_random_uuid(), 'https://x', '', '{}', 's' FROM f RETURNING org_id, id
)
INSERT INTO integrations.delivery (org_id, id, endpoint_id, event_id, state, created_at)
SELECT e.org_id, gen_random_uuid(), p.id, e.id, 'delivered', now() - interval '10 years' FROM e, p;

-- name: attempt
WITH o AS (
    INSERT INTO users.org (id, name) VALUES (gen_random_uuid(), 'O') RETURNING id
), f AS (
    INSERT INTO integrations.feed (org_id, last, swept) SELECT id, :rows, 0 FROM o RETURNING org_id
), e AS (
    INSERT INTO integrations.event (org_id, id, seq, name, payload, occurred_at, created_at)
    SELECT f.org_id, gen_random_uuid(), i, 'e', '{}', now() - interval '10 years', now() - interval '10 years'
    FROM f, generate_series(1, :rows) AS i RETURNING org_id, id
), p AS (
    INSERT INTO integrations.endpoint (org_id, id, url, description, events, secret)
    SELECT org_id, gen_random_uuid(), 'https://x', '', '{}', 's' FROM f RETURNING org_id, id
), d AS (
    INSERT INTO integrations.delivery (org_id, id, endpoint_id, event_id, state, created_at)
    SELECT e.org_id, gen_random_uuid(), p.id, e.id, 'failed', now() - interval '10 years' FROM e, p
    RETURNING org_id, id
)
INSERT INTO integrations.attempt (org_id, id, delivery_id, result, latency_ms, created_at)
SELECT org_id, gen_random_uuid(), id, 'refused', 1, now() - interval '10 years' FROM d;

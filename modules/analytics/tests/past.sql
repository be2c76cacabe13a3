-- What tests/db/test_tables.c fills each swept table with: exactly :rows rows that are past their time.

-- name: day_count
INSERT INTO analytics.day_count (org_id, name, day, slot, events)
SELECT gen_random_uuid(), 'n', current_date - 4000, 0, 1 FROM generate_series(1, :rows) AS i;

-- name: day_visitor
-- A day and an event with many visitors, as it is.
WITH c AS (
    INSERT INTO analytics.day_count (org_id, name, day, slot, events)
    VALUES (gen_random_uuid(), 'n', current_date - 4000, 0, :rows) RETURNING *
)
INSERT INTO analytics.day_visitor (org_id, name, day, visitor)
SELECT c.org_id, c.name, c.day, 'v' || i FROM c, generate_series(1, :rows) AS i;

-- name: event
INSERT INTO analytics.event (org_id, received_at, occurred_at, name, visitor, properties)
SELECT gen_random_uuid(), now() - interval '4000 days', now() - interval '4000 days', 'n', 'v', '{}'
FROM generate_series(1, :rows) AS i;

-- name: known_user
INSERT INTO analytics.known_user (org_id, visitor, seen_on)
SELECT gen_random_uuid(), 'v' || i, current_date - 4000 FROM generate_series(1, :rows) AS i;

-- name: message
INSERT INTO analytics.message (org_id, id, seen_at)
SELECT gen_random_uuid(), gen_random_uuid(), now() - interval '3 days' FROM generate_series(1, :rows) AS i;

-- name: milestone
INSERT INTO analytics.milestone (event_id, name, occurred_at)
SELECT gen_random_uuid(), 'paid', now() - interval '4000 days' FROM generate_series(1, :rows) AS i;

-- name: visitor_link
WITH u AS (
    INSERT INTO analytics.known_user (org_id, visitor, seen_on)
    SELECT gen_random_uuid(), 'v' || i, current_date - 4000 FROM generate_series(1, :rows) AS i RETURNING org_id, visitor
)
INSERT INTO analytics.visitor_link (org_id, visitor, joined_to)
SELECT org_id, 'a' || visitor, visitor FROM u;

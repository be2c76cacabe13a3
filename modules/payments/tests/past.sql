-- What tests/db/test_tables.c fills each swept table with: exactly :rows rows that are past their time.

-- name: expected_event
INSERT INTO payments.expected_event (provider, subject, since)
SELECT 'dev', gen_random_uuid(), now() - interval '8 days' FROM generate_series(1, :rows) AS i;

-- name: pending_cancellation
INSERT INTO payments.pending_cancellation (id, org_id, provider, kind, external_id, key, done_at)
SELECT gen_random_uuid(), gen_random_uuid(), 'dev', 'checkout', gen_random_uuid(), gen_random_uuid(),
    now() - interval '91 days'
FROM generate_series(1, :rows) AS i;

-- name: webhook
-- Nothing could be made of every other one: its job is dead.
INSERT INTO payments.webhook (id, provider, external_id, type, subject_kind, subject, body, received_at,
    done_at)
SELECT gen_random_uuid(), 'dev', gen_random_uuid(), 't', 'k', 's', '', now() - interval '91 days',
    CASE i % 2 WHEN 0 THEN now() END
FROM generate_series(1, :rows) AS i;

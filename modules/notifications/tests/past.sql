-- What tests/db/test_tables.c fills each swept table with: exactly :rows rows that are past their time.

-- name: item
WITH p AS (
    INSERT INTO users.person (id, name, email, locale)
    SELECT i, 'P', i || '@example.org', 'en' FROM gen_random_uuid() AS i RETURNING id
)
INSERT INTO notifications.item (person_id, id, seq, kind, title, text, data, created_at)
SELECT p.id, gen_random_uuid(), i, 'k', 't', 't', '{}', now() - interval '10 years' FROM p, generate_series(1, :rows) AS i;

-- name: mail
INSERT INTO notifications.mail (id, to_address, template, subject, state, created_at)
SELECT gen_random_uuid(), 'a@example.org', 't', 's', CASE i % 2 WHEN 0 THEN 'sent' ELSE 'caught' END,
    now() - CASE i % 2 WHEN 0 THEN interval '31 days' ELSE interval '8 days' END
FROM generate_series(1, :rows) AS i;

-- name: suppression
INSERT INTO notifications.suppression (address, answer, until)
SELECT gen_random_uuid() || '@example.org', '550', now() - interval '1 hour' FROM generate_series(1, :rows) AS i;

-- What tests/db/test_tables.c fills each swept table with: exactly :rows rows that are past their time.

-- name: staff_session
WITH p AS (
    INSERT INTO users.person (id, name, email, locale)
    SELECT i, 'P', i || '@example.org', 'en' FROM gen_random_uuid() AS i RETURNING id
)
INSERT INTO admin.staff_session (session_id, person_id, last_used_at)
SELECT gen_random_uuid(), p.id, now() - interval '2 days' FROM p, generate_series(1, :rows) AS i;

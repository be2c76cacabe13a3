-- What tests/db/test_tables.c fills each swept table with: exactly :rows rows that are past their time.

-- name: challenge
WITH p AS (
    INSERT INTO users.person (id, name, email, locale)
    SELECT i, 'P', i || '@example.org', 'en' FROM gen_random_uuid() AS i RETURNING id
)
INSERT INTO auth.challenge (id, person_id, token_hash, expires_at)
SELECT gen_random_uuid(), p.id, sha256(gen_random_uuid()::text::bytea), now() - interval '1 hour'
FROM p, generate_series(1, :rows) AS i;

-- name: email_change
WITH p AS (
    INSERT INTO users.person (id, name, email, locale)
    SELECT i, 'P', i || '@example.org', 'en' FROM gen_random_uuid() AS i RETURNING id
)
INSERT INTO auth.email_change (id, person_id, old_email, new_email, token_hash, expires_at)
SELECT gen_random_uuid(), p.id, 'a@example.org', 'b@example.org',
    sha256(gen_random_uuid()::text::bytea), now() - interval '1 hour'
FROM p, generate_series(1, :rows) AS i;

-- name: password_reset
WITH p AS (
    INSERT INTO users.person (id, name, email, locale)
    SELECT i, 'P', i || '@example.org', 'en' FROM gen_random_uuid() AS i RETURNING id
)
INSERT INTO auth.password_reset (id, person_id, token_hash, expires_at)
SELECT gen_random_uuid(), p.id, sha256(gen_random_uuid()::text::bytea), now() - interval '1 hour'
FROM p, generate_series(1, :rows) AS i;

-- name: session
-- Every other one was only not used for long.
WITH p AS (
    INSERT INTO users.person (id, name, email, locale)
    SELECT i, 'P', i || '@example.org', 'en' FROM gen_random_uuid() AS i RETURNING id
)
INSERT INTO auth.session (id, person_id, token_hash, factors, last_used_at, idle_for, expires_at)
SELECT gen_random_uuid(), p.id, sha256(gen_random_uuid()::text::bytea), 'password', now() - interval '10 days',
    CASE i % 2 WHEN 0 THEN interval '1 day' ELSE interval '30 days' END,
    now() + CASE i % 2 WHEN 0 THEN interval '1 day' ELSE interval '-1 day' END
FROM p, generate_series(1, :rows) AS i;

-- name: signup
INSERT INTO auth.signup (id, email, name, locale, password_hash, token_hash, code_hash, browser_hash,
    code_expires_at, expires_at)
SELECT gen_random_uuid(), 'a@example.org', 'A', 'en', '', sha256(gen_random_uuid()::text::bytea), sha256(gen_random_uuid()::text::bytea),
    sha256(gen_random_uuid()::text::bytea), now() - interval '1 hour', now() - interval '1 hour'
FROM generate_series(1, :rows) AS i;

-- name: throttle
INSERT INTO auth.throttle (key, tries, since, blocked_until)
SELECT sha256(gen_random_uuid()::text::bytea), 3, now() - interval '3 days', now() - interval '2 days'
FROM generate_series(1, :rows) AS i;

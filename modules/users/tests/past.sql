-- What tests/db/test_tables.c fills each swept table with: exactly :rows rows that are past their time.

-- name: invitation
WITH o AS (INSERT INTO users.org (id, name) VALUES (gen_random_uuid(), 'O') RETURNING id)
INSERT INTO users.invitation (org_id, id, email, role, token_hash, expires_at)
SELECT o.id, gen_random_uuid(), i || '@example.org', 'member', sha256(gen_random_uuid()::text::bytea), now() - interval '1 hour'
FROM o, generate_series(1, :rows) AS i;

-- People with sessions around the one that is measured, so that indexes have their real depth.
INSERT INTO users.person (id, name, email, locale)
SELECT gen_random_uuid(), 'Person ' || n, 'person' || n || '@example.org', 'en'
FROM generate_series(1, 20000) n;

INSERT INTO auth.credential (person_id, email, password_hash)
SELECT id, email, 'none' FROM users.person WHERE email LIKE 'person%@example.org';

INSERT INTO auth.session (id, person_id, token_hash, factors, idle_for, expires_at)
SELECT gen_random_uuid(), id, sha256(id::text::bytea), 'password', interval '14 days',
    now() + interval '90 days'
FROM users.person WHERE email LIKE 'person%@example.org';

VACUUM ANALYZE;

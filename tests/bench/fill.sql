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

-- Organisations with invitations, of which one page is listed.
INSERT INTO users.org (id, name)
SELECT gen_random_uuid(), 'Organisation ' || n FROM generate_series(1, 500) n;

INSERT INTO users.membership (org_id, person_id, role)
SELECT o.id, p.id, 'owner'
FROM (SELECT id, row_number() OVER () AS n FROM users.org) o
JOIN (SELECT id, row_number() OVER () AS n FROM users.person) p USING (n)
ON CONFLICT DO NOTHING;

INSERT INTO users.invitation (org_id, id, email, role, token_hash, expires_at)
SELECT o.id, gen_random_uuid(), 'guest' || n || '@example.org', 'member',
    sha256((o.id || ':' || n)::bytea), now() + interval '7 days'
FROM users.org o, generate_series(1, 60) n;

VACUUM ANALYZE;

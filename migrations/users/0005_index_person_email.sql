-- Staff look people up by their address.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE INDEX CONCURRENTLY person_email_idx ON users.person (email);

-- down
DROP INDEX users.person_email_idx;

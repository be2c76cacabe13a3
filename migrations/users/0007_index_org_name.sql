-- Staff look organisations up by the beginning of a name: in byte order a prefix is a range of the
-- index, whatever the database's collation.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE INDEX CONCURRENTLY org_name_idx ON users.org ((lower(name) COLLATE "C"));

-- down
DROP INDEX users.org_name_idx;

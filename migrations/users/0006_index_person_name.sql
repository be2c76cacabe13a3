-- Staff look people up by the beginning of a name: in byte order a prefix is a range of the index,
-- whatever the database's collation.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE INDEX CONCURRENTLY person_name_idx ON users.person ((lower(name) COLLATE "C"));

-- down
DROP INDEX users.person_name_idx;

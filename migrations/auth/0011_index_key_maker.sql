-- The keys one person stands for, in all organisations: asked when the person is erased or suspended.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE INDEX CONCURRENTLY api_key_created_by_idx ON auth.api_key (created_by, org_id);

-- down
DROP INDEX CONCURRENTLY auth.api_key_created_by_idx;

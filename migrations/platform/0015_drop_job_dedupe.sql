-- The index that knew no organisation; job_dedupe_org_key is in its place. The previous release names
-- no index when it enqueues, so it goes on.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

DROP INDEX CONCURRENTLY platform.job_dedupe_key;

-- down
CREATE UNIQUE INDEX CONCURRENTLY job_dedupe_key ON platform.job (kind, dedupe_key)
    WHERE state IN ('ready', 'running') AND dedupe_key IS NOT NULL;

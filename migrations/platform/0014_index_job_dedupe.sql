-- One unfinished job per dedupe key and organisation: a key made of what tenants write must not let
-- one of them swallow another's job. The organisation comes last, so that a death is found by its key.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE UNIQUE INDEX CONCURRENTLY job_dedupe_org_key ON platform.job (kind, dedupe_key, org_id)
    NULLS NOT DISTINCT WHERE state IN ('ready', 'running') AND dedupe_key IS NOT NULL;

-- down
DROP INDEX CONCURRENTLY platform.job_dedupe_org_key;

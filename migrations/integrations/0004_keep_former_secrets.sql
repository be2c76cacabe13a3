-- Every signing secret keeps its own 24 hours, however often it is rotated meanwhile: those still running,
-- and until when, oldest first. Binaries from before know previous_secret, the newest of them.
-- Lock cost: the table's lock for a moment; constant defaults rewrite nothing, and the check is not
-- validated against rows that all have the defaults.
-- phase: expand

ALTER TABLE integrations.endpoint
    ADD COLUMN former_secrets text[] NOT NULL DEFAULT '{}',
    ADD COLUMN former_until timestamptz[] NOT NULL DEFAULT '{}';
ALTER TABLE integrations.endpoint
    ADD CONSTRAINT endpoint_former_end
    CHECK (cardinality(former_secrets) = cardinality(former_until) AND cardinality(former_secrets) <= 16)
    NOT VALID;
COMMENT ON COLUMN integrations.endpoint.former_secrets IS 'encrypted, bound to the row';

-- down
ALTER TABLE integrations.endpoint DROP COLUMN former_secrets, DROP COLUMN former_until;

-- Flags with values (text, numbers), a kill switch, and who a target is. A flag or target without a
-- value is on or off, as before, so older binaries go on reading the columns they know.
-- Lock cost: ACCESS EXCLUSIVE for an instant each, on tables of at most some thousand rows; the
-- defaults are constants, so nothing is rewritten.
-- allow: constraint-missing-not-valid the columns are new and these tables small; nobody waits
-- phase: expand

ALTER TABLE platform.flag
    ADD COLUMN killed boolean NOT NULL DEFAULT false,
    ADD COLUMN value text CHECK (length(value) <= 1000),
    ADD COLUMN version bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN platform.flag.value IS 'what those in the rollout get; NULL: true';

ALTER TABLE platform.flag_override
    ADD COLUMN value text CHECK (length(value) <= 1000),
    ADD COLUMN subject_kind text NOT NULL DEFAULT 'org';
ALTER TABLE platform.flag_override
    ADD CONSTRAINT flag_override_subject_kind_check CHECK (subject_kind IN ('org', 'person'));
COMMENT ON COLUMN platform.flag_override.value IS 'what the subject gets; NULL: as answer says';

-- down
ALTER TABLE platform.flag_override DROP COLUMN value, DROP COLUMN subject_kind;
ALTER TABLE platform.flag DROP COLUMN killed, DROP COLUMN value, DROP COLUMN version;

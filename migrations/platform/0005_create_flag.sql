-- What operators said about feature flags; every process reads all of it once a second. A flag
-- without a row has its compiled-in default. Runs as ashlar_owner.
-- Lock cost: none, everything is new.
-- phase: expand

CREATE TABLE platform.flag (
    name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_.]{0,99}$'),
    rollout integer NOT NULL CHECK (rollout BETWEEN 0 AND 10000),
    updated_at timestamptz NOT NULL DEFAULT platform.now()
);
SELECT platform.declare_platform('platform.flag');
COMMENT ON COLUMN platform.flag.rollout IS 'share of organisations (or persons) in hundredths of a per cent; 10000 is on for all';

CREATE TABLE platform.flag_override (
    flag text NOT NULL REFERENCES platform.flag (name) ON DELETE CASCADE,
    subject uuid NOT NULL,
    answer boolean NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT platform.now(),
    PRIMARY KEY (flag, subject)
);
SELECT platform.declare_platform('platform.flag_override');
COMMENT ON COLUMN platform.flag_override.subject IS 'an organisation or a person; their ids never collide';

-- down
DROP TABLE platform.flag_override;
DROP TABLE platform.flag;

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

-- Raised by every change, so that the look once a second is one row and not all of them.
CREATE TABLE platform.flag_version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL
);
SELECT platform.declare_platform('platform.flag_version');
INSERT INTO platform.flag_version (version) VALUES (1);

CREATE FUNCTION platform.flag_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE platform.flag_version SET version = version + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER flag_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON platform.flag
    FOR EACH STATEMENT EXECUTE FUNCTION platform.flag_changed();
CREATE TRIGGER flag_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON platform.flag_override
    FOR EACH STATEMENT EXECUTE FUNCTION platform.flag_changed();

-- down
DROP TABLE platform.flag_override;
DROP TABLE platform.flag;
DROP FUNCTION platform.flag_changed();
DROP TABLE platform.flag_version;

-- The platform's schema: what every later migration declares its tables with, and the record of
-- what was applied. Runs as ashlar_owner. `ashlar migrate` has already made the roles ashlar_owner,
-- ashlar_app and ashlar_system, and taken CREATE and TEMP on database and schema public away from
-- PUBLIC (that needs the database's owner, which ashlar_owner need not be).
-- Lock cost: none, everything is new.
-- phase: expand

CREATE SCHEMA platform;
GRANT USAGE ON SCHEMA platform TO ashlar_app, ashlar_system;

-- Who and when, as the unit of work said at its beginning (settings local to the transaction; ''
-- after a transaction that set them, hence nullif). Bodies are parsed here and now, so no
-- search_path can change their meaning.
CREATE FUNCTION platform.current_org() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('ashlar.org', true), '')::uuid;

CREATE FUNCTION platform.current_person() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('ashlar.person', true), '')::uuid;

CREATE FUNCTION platform.now() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(nullif(current_setting('ashlar.now', true), '')::timestamptz, now());

-- A module's schema. Tables are reached only through the grants of the declarations below.
CREATE FUNCTION platform.declare_schema(schema_name name) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('CREATE SCHEMA %I', schema_name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO ashlar_app, ashlar_system', schema_name);
END
$$;

-- Rows of `relation` belong to whom `fence` (an expression) says. The restrictive policy holds
-- whatever permissive ones a later migration adds; the sub-select makes it run once per statement
-- and not once per row. FORCE: not even the owner passes by ownership; it may do what ashlar_system
-- may, being its member, so that backfills work.
CREATE FUNCTION platform.fence_table(relation regclass, kind text, column_name name, fence text)
    RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    condition text := format('%I = (SELECT %s)', column_name, fence);
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = relation AND attname = column_name AND atttypid = 'uuid'::regtype
            AND attnotnull AND NOT attisdropped)
    THEN
        RAISE EXCEPTION 'declare_%: %.% must be a column uuid NOT NULL', kind, relation, column_name
            USING ERRCODE = 'undefined_column';
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', relation);
    EXECUTE format(
        'CREATE POLICY app_reach ON %s TO ashlar_app USING (true) WITH CHECK (true)', relation);
    EXECUTE format(
        'CREATE POLICY app_fence ON %s AS RESTRICTIVE TO ashlar_app USING (%s) WITH CHECK (%s)',
        relation, condition, condition);
    EXECUTE format(
        'CREATE POLICY system_reach ON %s TO ashlar_system USING (true) WITH CHECK (true)',
        relation);
    EXECUTE format('REVOKE ALL ON TABLE %s FROM PUBLIC, ashlar_app, ashlar_system', relation);
    EXECUTE format(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s TO ashlar_app, ashlar_system', relation);
    EXECUTE format('COMMENT ON TABLE %s IS %L', relation, kind || ': ' || column_name);
END
$$;

-- Every table is declared as one of three kinds; the declaration is its comment ("tenant: org_id"),
-- where tests and operators read it.
CREATE FUNCTION platform.declare_tenant(relation regclass, org_column name DEFAULT 'org_id')
    RETURNS void
    LANGUAGE sql
    RETURN platform.fence_table(relation, 'tenant', org_column, 'platform.current_org()');

CREATE FUNCTION platform.declare_person(relation regclass, person_column name DEFAULT 'person_id')
    RETURNS void
    LANGUAGE sql
    RETURN platform.fence_table(relation, 'person', person_column, 'platform.current_person()');

-- Belongs to no tenant and no person: ashlar_app gets nothing but what the migration then GRANTs.
CREATE FUNCTION platform.declare_platform(relation regclass) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON TABLE %s FROM PUBLIC, ashlar_app, ashlar_system', relation);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s TO ashlar_system', relation);
    EXECUTE format('COMMENT ON TABLE %s IS %L', relation, 'platform: belongs to no tenant');
END
$$;

-- A look-up that must run before a tenant is known (a token's owner): it sees past the fences as
-- ashlar_system. Call it after the function's last change; CREATE OR REPLACE keeps all of this.
CREATE FUNCTION platform.declare_definer(routine regprocedure) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    home regnamespace := (SELECT pronamespace FROM pg_proc WHERE oid = routine);
BEGIN
    EXECUTE format(
        'ALTER FUNCTION %s SECURITY DEFINER SET search_path = pg_catalog, pg_temp', routine);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', routine);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO ashlar_app, ashlar_system', routine);
    EXECUTE format('COMMENT ON FUNCTION %s IS %L', routine, 'definer: runs as ashlar_system');
    -- The new owner of a function must be able to create in its schema; only for this moment.
    EXECUTE format('GRANT CREATE ON SCHEMA %s TO ashlar_system', home);
    EXECUTE format('ALTER FUNCTION %s OWNER TO ashlar_system', routine);
    EXECUTE format('REVOKE CREATE ON SCHEMA %s FROM ashlar_system', home);
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA platform FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.current_org(), platform.current_person(), platform.now()
    TO ashlar_app, ashlar_system;

-- What was applied. A binary reads it to know whether it can serve this schema.
CREATE TABLE platform.migration (
    module text NOT NULL CHECK (module ~ '^[a-z][a-z0-9_]{0,62}$'),
    number integer NOT NULL CHECK (number > 0),
    name text NOT NULL CHECK (length(name) <= 200),
    phase text NOT NULL CHECK (phase IN ('expand', 'contract')),
    checksum text NOT NULL CHECK (checksum ~ '^[0-9a-f]{64}$'),
    oldest_binary text CHECK (oldest_binary ~ '^[0-9]+\.[0-9]+\.[0-9]+$'),
    applied_at timestamptz NOT NULL DEFAULT now(),
    duration_ms bigint NOT NULL CHECK (duration_ms >= 0),
    PRIMARY KEY (module, number)
);
SELECT platform.declare_platform('platform.migration');
REVOKE INSERT, UPDATE, DELETE ON platform.migration FROM ashlar_system;
GRANT SELECT ON platform.migration TO ashlar_app;

-- A day's events are dropped in a transaction of its own, so that the lock of the whole table, which
-- a drop takes, is held for an instant; and what is past its time in event_default leaves in bites,
-- by the job that sweeps the other tables. drop_partitions stays for the previous release.
-- Lock cost: a GRANT's, for an instant, on event_default.
-- phase: expand

CREATE FUNCTION analytics.drop_partition(keep_days bigint) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    oldest date := (platform.now() AT TIME ZONE 'UTC')::date - keep_days::integer;
    part name;
BEGIN
    SELECT c.relname INTO part FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'analytics.event'::regclass AND c.relname ~ '^event_\d{8}$'
        AND to_date(substr(c.relname, 7), 'YYYYMMDD') < oldest
    ORDER BY c.relname LIMIT 1;
    IF part IS NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format('DROP TABLE analytics.%I', part);
    RETURN 1;
END
$$;
REVOKE ALL ON FUNCTION analytics.drop_partition(bigint) FROM PUBLIC;
GRANT SELECT, DELETE ON analytics.event_default TO ashlar_system;

-- down
REVOKE SELECT, DELETE ON analytics.event_default FROM ashlar_system;
DROP FUNCTION analytics.drop_partition(bigint);

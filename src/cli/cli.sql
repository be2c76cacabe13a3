-- name: doctor_server
-- The database's clock and limits, and the role requests run as.
SELECT current_setting('server_version_num')::bigint AS version,
    current_setting('max_connections')::bigint AS max_connections,
    clock_timestamp() AS clock,
    rolname::text AS role,
    rolsuper AS is_super,
    rolbypassrls AS passes_fences,
    (SELECT count(*) FROM pg_catalog.pg_class WHERE relowner = r.oid) AS owned
FROM pg_catalog.pg_roles r
WHERE rolname = current_user;

-- name: doctor_unfenced
-- Tables that hold rows of tenants or persons without forced row security, or that nobody declared.
-- Partitions are reached through their table only: nobody has a right on them.
SELECT count(*)
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
CROSS JOIN LATERAL (SELECT coalesce(obj_description(t.oid, 'pg_class'), '') AS kind) d
WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition
    AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public')
    AND CASE WHEN d.kind ~ '^(tenant|person):' THEN NOT (t.relrowsecurity AND t.relforcerowsecurity)
        ELSE d.kind !~ '^platform:' END;

-- name: doctor_server
-- The database's clock and limits, and the role of requests.
SELECT current_setting('server_version_num')::bigint AS version,
    current_setting('max_connections')::bigint AS max_connections,
    clock_timestamp() AS clock,
    rolname::text AS role,
    rolsuper AS is_super,
    rolbypassrls AS passes_fences,
    (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user) AS login_is_super,
    (SELECT count(*) FROM pg_catalog.pg_class WHERE relowner = r.oid) AS owned
FROM pg_catalog.pg_roles r
WHERE rolname = current_user;

-- name: doctor_cluster
-- Other logins of the cluster with access to this database: all by PUBLIC, or logins of other
-- databases by the same roles ($1, $2, $3). Before PostgreSQL 16 CREATEROLE allows membership in
-- any role.
WITH ours AS (SELECT oid FROM pg_catalog.pg_roles WHERE rolname IN ($1, $2, $3)),
base AS (SELECT oid, datname, coalesce(datacl, acldefault('d', datdba)) AS acl
    FROM pg_catalog.pg_database WHERE datname = current_database())
SELECT quote_ident(current_database()) AS database,
    quote_ident(session_user) AS login,
    (SELECT nspowner::pg_catalog.regrole::text FROM pg_catalog.pg_namespace
        WHERE nspname = 'platform') AS schema_owner,
    EXISTS (SELECT FROM base, aclexplode(acl) WHERE privilege_type = 'CONNECT' AND grantee = 0)
        AS public_connects,
    (SELECT string_agg(datname, ', ') FROM (SELECT DISTINCT d.datname FROM pg_catalog.pg_shdepend s
        JOIN pg_catalog.pg_database d ON d.oid = s.dbid
        WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid IN (SELECT oid FROM ours)
            AND d.datname <> current_database() ORDER BY 1 LIMIT 5) AS others) AS shared_with,
    (SELECT rolcreaterole AND current_setting('server_version_num')::int < 160000
        AND EXISTS (SELECT FROM pg_catalog.pg_database d
            WHERE NOT datistemplate AND datname NOT IN (current_database(), 'postgres')
                AND NOT pg_has_role(session_user, d.datdba, 'MEMBER'))
        FROM pg_catalog.pg_roles WHERE rolname = session_user) AS becomes_any_role;

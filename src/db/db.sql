-- Queries of the platform about the transaction and the schema.

-- name: enter_tx
-- Actor, organisation and time of the transaction. '' means none.
SELECT set_config('ashlar.org', $1, true), set_config('ashlar.person', $2, true),
    set_config('ashlar.now', $3, true);

-- name: enter_read
-- The same for a statement that is a separate read-only transaction.
SELECT set_config('ashlar.org', $1, true), set_config('ashlar.person', $2, true),
    set_config('ashlar.now', $3, true), set_config('transaction_read_only', 'on', true);

-- name: session_in_force
-- Settings of this connection that differ from the requested ones, as text. '' if none does. A
-- pooler may drop startup parameters. $1: role, then milliseconds.
SELECT concat_ws(', ',
    CASE WHEN current_user <> $1 THEN format('the role is %s instead of %s', current_user, $1) END,
    (SELECT string_agg(format('%s is %s instead of %s', w.name, s.setting, w.wanted), ', ')
        FROM (VALUES ('statement_timeout', $2), ('lock_timeout', $3),
            ('idle_in_transaction_session_timeout', $4), ('search_path', 'pg_catalog'),
            ('TimeZone', 'UTC'), ('DateStyle', 'ISO, MDY'), ('IntervalStyle', 'iso_8601'),
            ('bytea_output', 'hex'), ('standard_conforming_strings', 'on')) AS w (name, wanted)
        JOIN pg_catalog.pg_settings s ON s.name = w.name
        WHERE s.setting <> w.wanted AND NOT (w.name = 'DateStyle' AND s.setting ~ '^ISO,'))) AS differs;

-- name: unfenced_role
-- A server must not use a login that bypasses row-level security.
SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user;

-- name: applied_migrations
SELECT module, number::bigint AS number, phase, oldest_binary
FROM platform.migration ORDER BY module, number;

-- name: broken_fences
-- Defects of row-level security between tenants, as text. $1, $2: the roles of requests and of
-- jobs. $3: whether the login may be a superuser (development and test).
WITH ours AS (
    SELECT t.oid, t.oid::regclass::text AS name, t.relrowsecurity AND t.relforcerowsecurity AS forced,
        t.relkind, t.relispartition, t.relacl, n.nspname,
        substring(obj_description(t.oid, 'pg_class') FROM '^(tenant|person|platform): ') AS kind,
        substring(obj_description(t.oid, 'pg_class') FROM '^(?:tenant|person): (\w+)$') AS fence
    FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    WHERE t.relkind IN ('r', 'p', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), fenced AS (
    SELECT o.*, w.word, pg_catalog.format('(%I = ( SELECT platform.current_%s() AS current_%s))', fence, word, word)
        AS condition
    FROM ours o CROSS JOIN LATERAL (SELECT CASE kind WHEN 'tenant' THEN 'org' ELSE 'person' END AS word) w
    WHERE kind IN ('tenant', 'person')
), roles AS (SELECT oid, rolname, rolsuper, rolbypassrls FROM pg_catalog.pg_roles WHERE rolname IN ($1, $2)),
found (rank, why) AS (
    SELECT 1, pg_catalog.format('the role %s is a superuser or has BYPASSRLS', rolname)
    FROM roles WHERE rolsuper OR rolbypassrls
    UNION ALL
    SELECT 2, pg_catalog.format('the login %s is a superuser or has BYPASSRLS', rolname)
    FROM pg_catalog.pg_roles WHERE rolname = session_user AND (rolsuper OR rolbypassrls) AND NOT $3
    UNION ALL
    SELECT 3, pg_catalog.format('the role %s is a member of %s', $1, g.rolname)
    FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
    WHERE m.member = (SELECT oid FROM roles WHERE rolname = $1)
    UNION ALL
    SELECT 4, pg_catalog.format('%s belongs to the role %s', c.oid::regclass, r.rolname)
    FROM pg_catalog.pg_class c JOIN roles r ON r.oid = c.relowner
    UNION ALL
    SELECT 5, pg_catalog.format('row security is not enabled and forced on %s', name) FROM fenced WHERE NOT forced
    UNION ALL
    SELECT 6, pg_catalog.format('%s is not declared: platform.declare_tenant, _person or _platform', name)
    FROM ours o WHERE kind IS NULL AND NOT relispartition AND (nspname <> 'public' OR EXISTS (
        SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = o.oid AND a.attname IN ('org_id', 'person_id') AND NOT a.attisdropped))
    UNION ALL
    SELECT 7, pg_catalog.format('%s has no policy app_fence as it was declared', name)
    FROM fenced f WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_policy p
        WHERE p.polrelid = f.oid AND p.polname = 'app_fence' AND NOT p.polpermissive AND p.polcmd = '*'
            AND p.polroles = ARRAY[(SELECT oid FROM roles WHERE rolname = $1)]
            AND pg_get_expr(p.polqual, p.polrelid) = f.condition
            AND pg_get_expr(p.polwithcheck, p.polrelid) IN (f.condition, pg_catalog.format(
                '(NOT (%I IS DISTINCT FROM ( SELECT platform.current_%s() AS current_%s)))',
                f.fence, f.word, f.word)))
    UNION ALL
    SELECT 8, pg_catalog.format('%s has a policy %I, which lets more rows through', f.name, p.polname)
    FROM fenced f JOIN pg_catalog.pg_policy p ON p.polrelid = f.oid
    WHERE p.polpermissive AND NOT (
        p.polname = 'app_reach' AND p.polroles = ARRAY[(SELECT oid FROM roles WHERE rolname = $1)]
        OR p.polname = 'system_reach' AND p.polroles = ARRAY[(SELECT oid FROM roles WHERE rolname = $2)])
    UNION ALL
    SELECT 9, pg_catalog.format('the view %s reads %s with its owner''s rights', v.oid::regclass, min(f.name))
    FROM fenced f JOIN pg_catalog.pg_depend d ON d.refobjid = f.oid AND d.refclassid = 'pg_class'::regclass
        AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
    JOIN pg_catalog.pg_class v ON v.oid = w.ev_class AND v.oid <> f.oid
    WHERE NOT coalesce(v.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)
    GROUP BY v.oid
    UNION ALL
    SELECT 10, pg_catalog.format('the SECURITY DEFINER function %s has no search_path of its own', p.oid::regprocedure)
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS set_to WHERE set_to ~ '^search_path=')
    UNION ALL
    SELECT 11, pg_catalog.format('PUBLIC may %s %s', string_agg(DISTINCT a.privilege_type, ', '), o.name)
    FROM ours o CROSS JOIN LATERAL aclexplode(o.relacl) a
    WHERE a.grantee = 0 AND (o.kind IS NOT NULL OR o.nspname <> 'public') GROUP BY o.name
    UNION ALL
    SELECT 12, pg_catalog.format('the role %s may %s %s', $1, p.may, o.name)
    FROM ours o CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS p (may)
    WHERE (p.may = 'TRUNCATE' AND o.kind IS NOT NULL OR o.name IN ('platform.audit', 'platform.migration'))
        AND EXISTS (SELECT FROM roles WHERE rolname = $1)
        AND (has_table_privilege($1, o.oid, p.may)
            OR p.may = 'UPDATE' AND has_any_column_privilege($1, o.oid, 'UPDATE'))
)
SELECT why FROM found ORDER BY rank, why;

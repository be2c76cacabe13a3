-- Probes of the fences between tenants, made from the catalogue. Loaded by test_tenancy.c into a clone
-- of the template database, as superuser. Knows no table by name.

CREATE SCHEMA probe;

-- Every table of ours and what its comment declares; fence is NULL for platform tables.
CREATE VIEW probe.relation AS
SELECT c.oid::regclass AS rel,
       substring(obj_description(c.oid, 'pg_class') FROM '^(tenant|person|platform): ') AS kind,
       substring(obj_description(c.oid, 'pg_class') FROM '^(?:tenant|person): (\w+)$') AS fence,
       c.relrowsecurity AND c.relforcerowsecurity AS fenced
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'probe');

-- The tenant, or person, called a or b.
CREATE FUNCTION probe.id_of(kind text, who text) RETURNS uuid
    LANGUAGE sql IMMUTABLE RETURN md5(kind || who)::uuid;

-- A literal of this type that only this seed gives.
CREATE FUNCTION probe.literal(type oid, length int, seed text) RETURNS text
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    n int := ('x' || substr(md5(seed), 1, 7))::bit(28)::int;
    word text := CASE WHEN length > 4 THEN left(md5(seed), length - 4) ELSE md5(seed) END;
BEGIN
    RETURN CASE type::regtype::text
        WHEN 'uuid' THEN quote_literal(md5(seed)::uuid)
        WHEN 'boolean' THEN 'false'
        WHEN 'smallint' THEN (n % 30000)::text
        WHEN 'integer' THEN n::text
        WHEN 'bigint' THEN n::text
        WHEN 'numeric' THEN n::text
        WHEN 'double precision' THEN n::text
        WHEN 'timestamp with time zone' THEN quote_literal(platform.now())
        WHEN 'date' THEN quote_literal(platform.now()::date)
        WHEN 'jsonb' THEN quote_literal('{}')
        WHEN 'bytea' THEN quote_literal('\x' || md5(seed)) || '::bytea'
        WHEN 'text[]' THEN quote_literal('{}')
        WHEN 'timestamp with time zone[]' THEN quote_literal('{}')
        WHEN 'inet' THEN quote_literal('192.0.2.1')
        WHEN 'cidr' THEN quote_literal('192.0.2.0/24')
        WHEN 'interval' THEN quote_literal('1 hour')
        ELSE quote_literal(word)
    END || '::' || format_type(type, NULL);
END
$$;

-- What column `col` of who's row in `rel` holds: the fence, its parent's key, or something of its own.
-- The row with salt '' is the one others may refer to.
CREATE FUNCTION probe.value(rel regclass, col name, who text, salt text) RETURNS text
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    r probe.relation := (SELECT x FROM probe.relation x WHERE x.rel = value.rel);
    a pg_attribute;
    parent regclass;
    parent_col name;
BEGIN
    IF r.fence = col THEN
        RETURN quote_literal(probe.id_of(r.kind, who)) || '::uuid';
    END IF;
    SELECT * INTO STRICT a FROM pg_attribute x WHERE x.attrelid = rel AND x.attname = col;
    SELECT f.confrelid, p.attname INTO parent, parent_col
    FROM pg_constraint f
    CROSS JOIN LATERAL unnest(f.conkey, f.confkey) AS k (mine, theirs)
    JOIN pg_attribute p ON p.attrelid = f.confrelid AND p.attnum = k.theirs
    WHERE f.contype = 'f' AND f.conrelid = rel AND k.mine = a.attnum
    LIMIT 1;
    IF parent = rel THEN
        RETURN 'NULL';
    ELSIF parent IS NOT NULL THEN
        RETURN probe.value(parent, parent_col, who, '');
    END IF;
    RETURN probe.literal(a.atttypid, a.atttypmod, rel::text || col || who || salt);
END
$$;

-- An INSERT of who's row; `borrowed` columns come from the row of `lender` instead, `only_granted`
-- leaves out what ashlar_app may not name.
CREATE FUNCTION probe.insertion(
    rel regclass, who text, salt text, only_granted boolean, borrowed name[] = '{}', lender text = '')
    RETURNS text
    LANGUAGE sql STABLE AS $$
SELECT format('INSERT INTO %s (%s) VALUES (%s)', rel,
    string_agg(quote_ident(attname), ', ' ORDER BY attnum),
    string_agg(CASE WHEN attname = ANY (borrowed) THEN probe.value(rel, attname, lender, '')
                    ELSE probe.value(rel, attname, who, salt) END, ', ' ORDER BY attnum))
FROM pg_attribute
WHERE attrelid = rel AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a'
  AND (NOT only_granted OR has_column_privilege('ashlar_app', rel, attname, 'INSERT'));
$$;

-- One statement as ashlar_app in tenant and person `who` ('': neither), undone at once: 'rows N' or
-- the SQLSTATE.
CREATE FUNCTION probe.attempt(who text, statement text) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM set_config('ashlar.org', CASE who WHEN '' THEN '' ELSE probe.id_of('tenant', who)::text END, true),
            set_config('ashlar.person', CASE who WHEN '' THEN '' ELSE probe.id_of('person', who)::text END, true);
    SET LOCAL ROLE ashlar_app;
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION USING ERRCODE = 'AB000', MESSAGE = 'rows ' || n;
EXCEPTION
    WHEN SQLSTATE 'AB000' THEN RETURN SQLERRM;
    WHEN OTHERS THEN RETURN SQLSTATE;
END
$$;

CREATE TYPE probe.cell AS (rel regclass, name text, statement text, result text, good boolean);

-- The cells of a fenced table: who is a, the rows are b's. Controls show that the same statement
-- works on one's own rows wherever the grants allow it.
CREATE FUNCTION probe.cells(rel regclass) RETURNS SETOF probe.cell
    LANGUAGE plpgsql AS $$
DECLARE
    r probe.relation := (SELECT x FROM probe.relation x WHERE x.rel = cells.rel);
    a text := quote_literal(probe.id_of(r.kind, 'a'));
    b text := quote_literal(probe.id_of(r.kind, 'b'));
    c probe.cell;
    f record;
BEGIN
    c.rel := rel;
    FOR c.name, c.statement IN VALUES
        ('read', format('SELECT FROM %s WHERE %I = %s', rel, r.fence, b)),
        ('update', format('UPDATE %1$s SET %2$I = %2$I WHERE %2$I = %3$s', rel, r.fence, b)),
        ('delete', format('DELETE FROM %s WHERE %I = %s', rel, r.fence, b))
    LOOP
        c.result := probe.attempt('a', c.statement);
        c.good := c.result IN ('rows 0', '42501');
        RETURN NEXT c;
    END LOOP;

    c.name := 'read nothing without a tenant';
    c.statement := format('SELECT FROM %s', rel);
    c.result := probe.attempt('', c.statement);
    c.good := c.result IN ('rows 0', '42501');
    RETURN NEXT c;

    c.name := 'insert';
    c.statement := probe.insertion(rel, 'b', 'new', false);
    c.result := probe.attempt('a', c.statement);
    c.good := c.result = '42501';
    RETURN NEXT c;

    c.name := 'move';
    c.statement := format('UPDATE %1$s SET %2$I = %3$s WHERE %2$I = %4$s', rel, r.fence, b, a);
    c.result := probe.attempt('a', c.statement);
    c.good := c.result !~ '^rows [1-9]';
    RETURN NEXT c;

    c.name := 'control: read';
    c.statement := format('SELECT FROM %s WHERE %I = %s', rel, r.fence, a);
    c.result := probe.attempt('a', c.statement);
    c.good := c.result ~ '^rows [1-9]' OR NOT has_any_column_privilege('ashlar_app', rel, 'SELECT');
    RETURN NEXT c;

    c.name := 'control: insert';
    c.statement := probe.insertion(rel, 'a', 'new', true);
    IF c.statement IS NOT NULL THEN
        c.result := probe.attempt('a', c.statement);
        -- A tenant or person itself exists already; that it collides shows that it got through.
        c.good := c.result IN ('rows 1', '23505');
        RETURN NEXT c;
    END IF;

    FOR f IN
        SELECT k.conname, array_agg(m.attname) FILTER (WHERE m.attname <> r.fence) AS columns
        FROM pg_constraint k
        CROSS JOIN LATERAL unnest(k.conkey) AS mine
        JOIN pg_attribute m ON m.attrelid = k.conrelid AND m.attnum = mine
        WHERE k.contype = 'f' AND k.conrelid = rel AND k.confrelid <> rel AND r.kind = 'tenant'
          AND EXISTS (SELECT FROM probe.relation p WHERE p.rel = k.confrelid AND p.kind = 'tenant')
        GROUP BY k.conname
        HAVING count(*) FILTER (WHERE m.attname <> r.fence) > 0
    LOOP
        c.name := 'reference by ' || f.conname;
        c.statement := probe.insertion(rel, 'a', 'ref', true, f.columns, 'b');
        c.result := probe.attempt('a', c.statement);
        c.good := c.result !~ '^rows [1-9]';
        RETURN NEXT c;
    END LOOP;
END
$$;

-- A platform table that says whose row it is must not be readable or changeable by ashlar_app.
CREATE FUNCTION probe.platform_cells(rel regclass) RETURNS SETOF probe.cell
    LANGUAGE plpgsql AS $$
DECLARE
    c probe.cell;
BEGIN
    c.rel := rel;
    FOR c.name, c.statement IN VALUES
        ('read', format('SELECT FROM %s', rel)), ('delete', format('DELETE FROM %s', rel))
    LOOP
        c.result := probe.attempt('a', c.statement);
        c.good := c.result = '42501';
        RETURN NEXT c;
    END LOOP;
END
$$;

-- Rows of a and b everywhere. What only says which values make sense is taken away first: it is not
-- what is tested here, and the catalogue does not tell how to satisfy it.
CREATE FUNCTION probe.fill() RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT conrelid::regclass AS rel, conname FROM pg_constraint
             WHERE contype = 'c' AND conrelid <> 0 AND coninhcount = 0
               AND conrelid IN (SELECT x.rel FROM probe.relation x)
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.rel, r.conname);
    END LOOP;
    SET LOCAL session_replication_role = replica;
    -- Fenced tables, and what else they refer to.
    FOR r IN SELECT x.rel, who FROM probe.relation x, unnest('{a,b}'::text[]) AS who
             WHERE x.fence IS NOT NULL OR EXISTS (
                 SELECT FROM pg_constraint k JOIN probe.relation c ON c.rel = k.conrelid
                 WHERE k.contype = 'f' AND k.confrelid = x.rel AND c.fence IS NOT NULL)
    LOOP
        EXECUTE probe.insertion(r.rel, r.who, '', false);
    END LOOP;
    SET LOCAL session_replication_role = origin;
END
$$;

-- Would the cells of its table notice that this policy is gone?
CREATE FUNCTION probe.is_noticed(rel regclass, policy name) RETURNS boolean
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP POLICY %I ON %s', policy, rel);
    RAISE EXCEPTION USING ERRCODE = 'AB001',
        MESSAGE = EXISTS (SELECT FROM probe.cells(rel) WHERE NOT good)::text;
EXCEPTION
    WHEN SQLSTATE 'AB001' THEN RETURN SQLERRM::boolean;
END
$$;

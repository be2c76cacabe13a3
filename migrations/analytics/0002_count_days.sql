-- What the usual questions ask, kept as events come and go: how many events of a day, and which
-- visitors. By triggers, so that it is true whoever writes, and within the writer's transaction.
-- Also: ids are joined one after the other; forgetting works through a list; a partition for every
-- day that event_default holds.
-- Lock cost: writers of analytics.event wait while what is there is counted, some 10 s a million
-- events (senders get 503 and come back).
-- phase: expand

-- Events of a day by when they occurred; name '': of any name. The sum over `slot` counts: writers at
-- the same time have different ones, so that they do not wait for each other's commit.
CREATE TABLE analytics.day_count (
    org_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL CHECK (char_length(name) <= 200),
    day date NOT NULL,
    slot smallint NOT NULL,
    events bigint NOT NULL,
    CONSTRAINT day_count_pkey PRIMARY KEY (org_id, name, day, slot)
) WITH (fillfactor = 50);
SELECT platform.declare_tenant('analytics.day_count');

-- Who had such an event on that day; name '': any. The id that came with the event; visitor_link says
-- whose it is, now and later.
CREATE TABLE analytics.day_visitor (
    org_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL CHECK (char_length(name) <= 200),
    day date NOT NULL,
    visitor text COLLATE "C" NOT NULL CHECK (char_length(visitor) BETWEEN 1 AND 200),
    CONSTRAINT day_visitor_pkey PRIMARY KEY (org_id, name, day, visitor)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX day_visitor_visitor_idx ON analytics.day_visitor (visitor, org_id);
CREATE INDEX day_visitor_day_idx ON analytics.day_visitor USING brin (day);
SELECT platform.declare_tenant('analytics.day_visitor');

-- Writers of an organisation's events hold it shared, who forgets some of them holds it alone: an
-- event that came in between would stand in no list.
CREATE FUNCTION analytics.event_lock(of_org uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashtextextended('analytics.event ' || of_org::text, 0);

-- New visitors in one order for all writers, so that two that bring the same wait in one direction.
-- Who takes events away takes their visitors out of the list too: only it knows that none is left.
CREATE FUNCTION analytics.count_events() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    way integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(analytics.event_lock(org_id))
    FROM (SELECT DISTINCT org_id FROM changed ORDER BY org_id) AS o;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO analytics.day_visitor (org_id, name, day, visitor)
        SELECT org_id, n.name, day, visitor
        FROM (
            SELECT org_id, name, (occurred_at AT TIME ZONE 'UTC')::date AS day, visitor
            FROM changed GROUP BY 1, 2, 3, 4
        ) AS c, LATERAL (VALUES (c.name), ('')) AS n (name)
        GROUP BY 1, 2, 3, 4
        ORDER BY visitor, n.name, day, org_id
        ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO analytics.day_count AS known (org_id, name, day, slot, events)
    SELECT org_id, coalesce(name, ''), day, pg_backend_pid() % 16, way * count(*)
    FROM (
        SELECT org_id, name, (occurred_at AT TIME ZONE 'UTC')::date AS day FROM changed
    ) AS c
    GROUP BY GROUPING SETS ((org_id, day, name), (org_id, day))
    ORDER BY 1, 2, 3
    ON CONFLICT ON CONSTRAINT day_count_pkey
        DO UPDATE SET events = known.events + excluded.events;
    RETURN NULL;
END
$$;
CREATE TRIGGER event_counts_in AFTER INSERT ON analytics.event
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION analytics.count_events();
CREATE TRIGGER event_counts_out AFTER DELETE ON analytics.event
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION analytics.count_events();

INSERT INTO analytics.day_count (org_id, name, day, slot, events)
SELECT org_id, coalesce(name, ''), day, 0, count(*)
FROM (SELECT org_id, name, (occurred_at AT TIME ZONE 'UTC')::date AS day FROM analytics.event) AS e
GROUP BY GROUPING SETS ((org_id, day, name), (org_id, day));
INSERT INTO analytics.day_visitor (org_id, name, day, visitor)
SELECT org_id, coalesce(name, ''), day, visitor
FROM (
    SELECT org_id, name, (occurred_at AT TIME ZONE 'UTC')::date AS day, visitor FROM analytics.event
) AS e
GROUP BY GROUPING SETS ((org_id, day, visitor, name), (org_id, day, visitor));

-- A bite of what is known of a visitor and the ids joined to it: at most `most` entries of the list of
-- days with all their events, which go first, so that what was not reached is still listed. How many
-- entries; fewer than `most`: that was all, and the links are gone too.
CREATE FUNCTION analytics.forget_visitor(of_org uuid, of_visitor text, most bigint) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(analytics.event_lock(of_org));
    WITH listed AS MATERIALIZED (
        SELECT d.name, d.day, d.visitor, d.day::timestamp AT TIME ZONE 'UTC' AS begins,
            (d.day + 1)::timestamp AT TIME ZONE 'UTC' AS ends
        FROM analytics.day_visitor d
        WHERE d.org_id = of_org AND d.visitor = ANY (ARRAY(
            SELECT l.visitor FROM analytics.visitor_link l
            WHERE l.org_id = of_org AND l.joined_to = of_visitor UNION ALL SELECT of_visitor))
        ORDER BY d.name DESC
        LIMIT most
    ), gone AS (
        DELETE FROM analytics.event e USING listed
        WHERE e.org_id = of_org AND e.name = listed.name AND e.visitor = listed.visitor
            AND e.occurred_at >= listed.begins AND e.occurred_at < listed.ends
            AND e.received_at >= listed.begins
    )
    DELETE FROM analytics.day_visitor d USING listed
    WHERE d.org_id = of_org AND d.name = listed.name AND d.day = listed.day
        AND d.visitor = listed.visitor;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n < most THEN
        DELETE FROM analytics.visitor_link
        WHERE org_id = of_org AND (visitor = of_visitor OR joined_to = of_visitor);
    END IF;
    RETURN n;
END
$$;

-- A bite of an organisation that is no more: whole days of one event, up to some `most` events (more
-- when a day has more), then marks and links. How many rows; 0: nothing is left.
CREATE FUNCTION analytics.purge_org(of_org uuid, most bigint) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    n bigint;
    part record;
    total bigint := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(analytics.event_lock(of_org));
    FOR part IN
        SELECT c.name, c.day, c.day::timestamp AT TIME ZONE 'UTC' AS begins,
            (c.day + 1)::timestamp AT TIME ZONE 'UTC' AS ends
        FROM analytics.day_count c WHERE c.org_id = of_org
        GROUP BY c.name, c.day ORDER BY c.name DESC, c.day LIMIT 100
    LOOP
        DELETE FROM analytics.event e
        WHERE e.org_id = of_org AND e.name = part.name AND e.received_at >= part.begins
            AND e.occurred_at >= part.begins AND e.occurred_at < part.ends;
        GET DIAGNOSTICS n = ROW_COUNT;
        total := total + n + 1;
        DELETE FROM analytics.day_visitor d
        WHERE d.org_id = of_org AND d.name = part.name AND d.day = part.day;
        DELETE FROM analytics.day_count c
        WHERE c.org_id = of_org AND c.name = part.name AND c.day = part.day;
        EXIT WHEN total >= most;
    END LOOP;
    IF total = 0 THEN
        DELETE FROM analytics.message WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM analytics.message WHERE org_id = of_org LIMIT most));
        GET DIAGNOSTICS total = ROW_COUNT;
        DELETE FROM analytics.visitor_link WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM analytics.visitor_link WHERE org_id = of_org LIMIT most));
        GET DIAGNOSTICS n = ROW_COUNT;
        total := total + n;
    END IF;
    RETURN total;
END
$$;

-- pairs: [[visitor, joins], …], one after the other, because each may change what the next one joins.
-- Who is joined stays so: on a shared machine the first user is the visitor's. Ids that had been joined
-- to the one that now joins another go along with it. Alone in the organisation, and only when there is
-- something new: two at once could each join to what the other joins away.
CREATE FUNCTION analytics.join_visitors(of_org uuid, pairs jsonb) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    pair record;
    target text;
BEGIN
    IF NOT EXISTS (
        SELECT FROM jsonb_array_elements(pairs) AS p
        WHERE NOT EXISTS (
            SELECT FROM analytics.visitor_link l WHERE l.org_id = of_org AND l.visitor = p ->> 0))
    THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('analytics.visitor_link ' || of_org::text, 0));
    FOR pair IN SELECT p ->> 0 AS visitor, p ->> 1 AS joins FROM jsonb_array_elements(pairs) AS p LOOP
        CONTINUE WHEN EXISTS (
            SELECT FROM analytics.visitor_link l
            WHERE l.org_id = of_org AND l.visitor = pair.visitor);
        target := coalesce(
            (SELECT l.joined_to FROM analytics.visitor_link l
             WHERE l.org_id = of_org AND l.visitor = pair.joins), pair.joins);
        CONTINUE WHEN target = pair.visitor;
        UPDATE analytics.visitor_link SET joined_to = target
        WHERE org_id = of_org AND joined_to = pair.visitor;
        INSERT INTO analytics.visitor_link (org_id, visitor, joined_to)
        VALUES (of_org, pair.visitor, target);
    END LOOP;
END
$$;

-- The next partition that is missing: today's, then those of days ahead, then those of days that
-- event_default holds because nobody made one in time. 1, or 0 when none is missing. As the owner, each
-- in a transaction of its own: event_default is locked until its end.
CREATE FUNCTION analytics.make_partition(days_ahead bigint) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    today date := (platform.now() AT TIME ZONE 'UTC')::date;
    missing date;
    part text;
    begins timestamptz;
    ends timestamptz;
BEGIN
    SELECT d.day INTO missing
    FROM (
        SELECT today + n AS day, n AS place FROM generate_series(0, days_ahead::integer) AS n
        UNION ALL
        SELECT (e.received_at AT TIME ZONE 'UTC')::date, 1 + days_ahead
        FROM analytics.event_default e GROUP BY 1
    ) AS d
    WHERE to_regclass('analytics.event_' || to_char(d.day, 'YYYYMMDD')) IS NULL
    ORDER BY d.place, d.day DESC LIMIT 1;
    IF missing IS NULL THEN
        RETURN 0;
    END IF;
    part := 'event_' || to_char(missing, 'YYYYMMDD');
    begins := missing::timestamp AT TIME ZONE 'UTC';
    ends := (missing + 1)::timestamp AT TIME ZONE 'UTC';
    LOCK TABLE analytics.event IN SHARE UPDATE EXCLUSIVE MODE;
    LOCK TABLE analytics.event_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE analytics.%I (LIKE analytics.event INCLUDING CONSTRAINTS)', part);
    EXECUTE format(
        'WITH moved AS (DELETE FROM analytics.event_default '
        'WHERE received_at >= %L AND received_at < %L RETURNING *) '
        'INSERT INTO analytics.%I SELECT * FROM moved', begins, ends, part);
    EXECUTE format(
        'ALTER TABLE analytics.event ATTACH PARTITION analytics.%I FOR VALUES FROM (%L) TO (%L)',
        part, begins, ends);
    RETURN 1;
END
$$;

-- All of them at once: what a binary before this schema calls.
CREATE OR REPLACE FUNCTION analytics.make_partitions(days_ahead bigint) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    made bigint := 0;
BEGIN
    WHILE analytics.make_partition(days_ahead) = 1 LOOP
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;

REVOKE ALL ON FUNCTION analytics.make_partition(bigint), analytics.make_partitions(bigint) FROM PUBLIC;

-- down
DROP TRIGGER event_counts_in ON analytics.event;
DROP TRIGGER event_counts_out ON analytics.event;
DROP FUNCTION analytics.count_events();
DROP FUNCTION analytics.forget_visitor(uuid, text, bigint);
DROP FUNCTION analytics.purge_org(uuid, bigint);
DROP FUNCTION analytics.join_visitors(uuid, jsonb);
DROP FUNCTION analytics.event_lock(uuid);
DROP TABLE analytics.day_visitor;
DROP TABLE analytics.day_count;
CREATE OR REPLACE FUNCTION analytics.make_partitions(days_ahead bigint) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    today date := (platform.now() AT TIME ZONE 'UTC')::date;
    day date;
    part text;
    begins timestamptz;
    ends timestamptz;
    made bigint := 0;
BEGIN
    FOR day IN SELECT today + n FROM generate_series(0, days_ahead::integer) AS n LOOP
        part := 'event_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass('analytics.' || part) IS NOT NULL;
        begins := day::timestamp AT TIME ZONE 'UTC';
        ends := (day + 1)::timestamp AT TIME ZONE 'UTC';
        LOCK TABLE analytics.event IN SHARE UPDATE EXCLUSIVE MODE;
        LOCK TABLE analytics.event_default IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('CREATE TABLE analytics.%I (LIKE analytics.event INCLUDING CONSTRAINTS)', part);
        EXECUTE format(
            'WITH moved AS (DELETE FROM analytics.event_default '
            'WHERE received_at >= %L AND received_at < %L RETURNING *) '
            'INSERT INTO analytics.%I SELECT * FROM moved', begins, ends, part);
        EXECUTE format(
            'ALTER TABLE analytics.event ATTACH PARTITION analytics.%I FOR VALUES FROM (%L) TO (%L)',
            part, begins, ends);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
DROP FUNCTION analytics.make_partition(bigint);

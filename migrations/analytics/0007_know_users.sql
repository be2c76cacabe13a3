-- Which ids were seen as a userId, so that none of them is joined to anybody; forgetting takes exactly
-- the id that is named.
-- Lock cost: none, but for the moment in which functions are replaced.
-- phase: expand

-- Ids that came as a userId; a joined id is joined to one of these, and as long as that is here. seen_on
-- is behind by up to 30 days, so that most messages need not write.
CREATE TABLE analytics.known_user (
    org_id uuid NOT NULL,
    visitor text COLLATE "C" NOT NULL CHECK (char_length(visitor) BETWEEN 1 AND 200),
    seen_on date NOT NULL,
    CONSTRAINT known_user_pkey PRIMARY KEY (org_id, visitor)
);
CREATE INDEX known_user_seen_idx ON analytics.known_user (seen_on);
-- An erased person is looked for in every organisation.
CREATE INDEX known_user_person_idx ON analytics.known_user (visitor, org_id)
    WHERE visitor LIKE 'person\_%';
SELECT platform.declare_tenant('analytics.known_user');

-- Who makes a join holds it alone, who sees a userId for the first time shared: of two at once the second
-- sees what the first did. After event_lock, where both are taken.
CREATE FUNCTION analytics.id_lock(of_org uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashtextextended('analytics.visitor_link ' || of_org::text, 0);

-- Each pair of [[visitor, joins], …] once, in the order of its first place: whom the visitor is joined to
-- (NULL: nobody) and whether it is a user's id. Nobody's id is both.
CREATE FUNCTION analytics.judge_pairs(of_org uuid, pairs jsonb)
    RETURNS TABLE (visitor text, joins text, place bigint, joined_to text, is_user boolean)
    LANGUAGE sql STABLE
AS $$
    SELECT visitor, joins, place, joined_to, joined_to IS NULL AND (
        SELECT true FROM analytics.known_user k
        WHERE k.org_id = of_org AND k.visitor = pair.visitor) IS TRUE
    FROM (
        SELECT visitor, joins, place, (
            SELECT l.joined_to FROM analytics.visitor_link l
            WHERE l.org_id = of_org AND l.visitor = each.visitor) AS joined_to
        FROM (
            SELECT p ->> 0 AS visitor, p ->> 1 AS joins, min(n) AS place
            FROM jsonb_array_elements(pairs) WITH ORDINALITY AS x (p, n)
            GROUP BY p ->> 0, p ->> 1
        ) AS each
    ) AS pair
$$;

-- The ids of a request: users: [id, …], as they came as userId; pairs: [[visitor, joins], …], where each
-- `joins` is one of users. First the users are noted, and what was joined under such an id is cut from
-- it; then of the pairs those are joined whose visitor is no user's, is not joined yet, and whose user has
-- fewer than 500. How many: made, cut, and of the others why not.
-- Each id is looked up by itself, and always by index: tables that were small when a plan was made may
-- not be since.
CREATE FUNCTION analytics.take_ids(of_org uuid, users jsonb, pairs jsonb)
    RETURNS TABLE (made bigint, cut bigint, known_user bigint, other_user bigint, too_many bigint)
    LANGUAGE plpgsql SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    most CONSTANT bigint := 500;
    today CONSTANT date := (platform.now() AT TIME ZONE 'UTC')::date;
    new_users CONSTANT text[] := ARRAY(
        SELECT u.id FROM (SELECT DISTINCT jsonb_array_elements_text(users) AS id) AS u
        WHERE coalesce((
            SELECT k.seen_on FROM analytics.known_user k
            WHERE k.org_id = of_org AND k.visitor = u.id) <= today - 30, true)
        ORDER BY u.id COLLATE "C");
    joined text[] := '{}';
    one text;
    n_open bigint;
BEGIN
    made := 0;
    SELECT count(*) FILTER (WHERE NOT is_user AND joined_to IS NULL
            AND visitor NOT IN (SELECT jsonb_array_elements_text(users))),
        count(*) FILTER (WHERE is_user), count(*) FILTER (WHERE joined_to <> joins)
    INTO n_open, known_user, other_user
    FROM analytics.judge_pairs(of_org, pairs);
    IF n_open > 0 THEN
        PERFORM pg_advisory_xact_lock(analytics.id_lock(of_org));
    ELSIF cardinality(new_users) > 0 THEN
        PERFORM pg_advisory_xact_lock_shared(analytics.id_lock(of_org));
    END IF;

    IF cardinality(new_users) > 0 THEN
        INSERT INTO analytics.known_user (org_id, visitor, seen_on)
        SELECT of_org, id, today FROM unnest(new_users) AS id
        ON CONFLICT ON CONSTRAINT known_user_pkey DO UPDATE SET seen_on = excluded.seen_on;
        joined := ARRAY(
            SELECT id FROM unnest(new_users) AS id
            WHERE (SELECT true FROM analytics.visitor_link l
                WHERE l.org_id = of_org AND l.visitor = id));
    END IF;
    FOREACH one IN ARRAY joined LOOP
        DELETE FROM analytics.visitor_link WHERE org_id = of_org AND visitor = one;
    END LOOP;

    IF n_open > 0 THEN
        WITH free AS (
            SELECT visitor, joins, row_number() OVER (PARTITION BY joins ORDER BY place) AS nth
            FROM (
                SELECT DISTINCT ON (visitor) visitor, joins, place
                FROM analytics.judge_pairs(of_org, pairs)
                WHERE NOT is_user AND joined_to IS NULL
                ORDER BY visitor, place
            ) AS firsts
        ), had AS (
            SELECT joins, (
                SELECT count(*) FROM analytics.visitor_link l
                WHERE l.org_id = of_org AND l.joined_to = joins) AS n
            FROM (SELECT DISTINCT joins FROM free) AS u
        )
        INSERT INTO analytics.visitor_link (org_id, visitor, joined_to)
        SELECT of_org, free.visitor, joins FROM free JOIN had USING (joins)
        WHERE had.n + free.nth <= most
        ORDER BY free.visitor;
        GET DIAGNOSTICS made = ROW_COUNT;
    END IF;
    cut := cardinality(joined);
    too_many := 0;
    IF n_open > 0 OR cardinality(new_users) > 0 THEN
        SELECT count(*) FILTER (WHERE is_user), count(*) FILTER (WHERE joined_to <> joins),
            count(*) FILTER (WHERE NOT is_user AND joined_to IS NULL)
        INTO known_user, other_user, too_many
        FROM analytics.judge_pairs(of_org, pairs);
    END IF;
    RETURN NEXT;
END
$$;

-- What a binary before this schema calls.
CREATE OR REPLACE FUNCTION analytics.join_visitors(of_org uuid, pairs jsonb) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM analytics.take_ids(of_org, (SELECT jsonb_agg(p -> 1) FROM jsonb_array_elements(pairs) AS p),
        pairs);
END
$$;

-- A bite of what is known of a visitor by exactly this id: at most `most` entries of the list of days
-- with all their events, which go first, so that what was not reached is still listed (name '' comes
-- last). How many entries; fewer than `most`: that was all, and its joins are cut. What was joined to it
-- stays: anybody with the public key can have made that join.
CREATE OR REPLACE FUNCTION analytics.forget_visitor(of_org uuid, of_visitor text, most bigint) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(analytics.event_lock(of_org));
    WITH seen AS MATERIALIZED (
        SELECT d.day FROM analytics.day_visitor d
        WHERE d.org_id = of_org AND d.name = '' AND d.visitor = of_visitor
    ), named AS MATERIALIZED (
        SELECT DISTINCT c.name, c.day FROM analytics.day_count c
        WHERE c.org_id = of_org AND c.day IN (SELECT day FROM seen)
    ), listed AS MATERIALIZED (
        SELECT d.name, d.day, d.day::timestamp AT TIME ZONE 'UTC' AS begins,
            (d.day + 1)::timestamp AT TIME ZONE 'UTC' AS ends
        FROM named
        JOIN analytics.day_visitor d
            ON d.org_id = of_org AND d.name = named.name AND d.day = named.day
            AND d.visitor = of_visitor
        ORDER BY d.name DESC
        LIMIT most
    ), gone AS (
        DELETE FROM analytics.event e USING listed
        WHERE e.org_id = of_org AND e.name = listed.name AND e.visitor = of_visitor
            AND e.occurred_at >= listed.begins AND e.occurred_at < listed.ends
            AND e.received_at >= listed.begins
    )
    DELETE FROM analytics.day_visitor d USING listed
    WHERE d.org_id = of_org AND d.name = listed.name AND d.day = listed.day
        AND d.visitor = of_visitor;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n < most THEN
        PERFORM pg_advisory_xact_lock(analytics.id_lock(of_org));
        DELETE FROM analytics.known_user WHERE org_id = of_org AND visitor = of_visitor;
        DELETE FROM analytics.visitor_link WHERE org_id = of_org AND visitor = of_visitor;
        DELETE FROM analytics.visitor_link WHERE org_id = of_org AND joined_to = of_visitor;
    END IF;
    RETURN n;
END
$$;

-- A bite of an organisation that is no more: whole days of one event, up to some `most` events (more
-- when a day has more), then marks, joins and users. How many rows; 0: nothing is left.
CREATE OR REPLACE FUNCTION analytics.purge_org(of_org uuid, most bigint) RETURNS bigint
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
        DELETE FROM analytics.known_user WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM analytics.known_user WHERE org_id = of_org LIMIT most));
        GET DIAGNOSTICS n = ROW_COUNT;
        total := total + n;
    END IF;
    RETURN total;
END
$$;

-- down
CREATE OR REPLACE FUNCTION analytics.forget_visitor(of_org uuid, of_visitor text, most bigint) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(analytics.event_lock(of_org));
    WITH seen AS MATERIALIZED (
        SELECT d.day, d.visitor
        FROM analytics.day_visitor d
        WHERE d.org_id = of_org AND d.name = '' AND d.visitor = ANY (ARRAY(
            SELECT l.visitor FROM analytics.visitor_link l
            WHERE l.org_id = of_org AND l.joined_to = of_visitor UNION ALL SELECT of_visitor))
    ), named AS MATERIALIZED (
        SELECT DISTINCT c.name, c.day FROM analytics.day_count c
        WHERE c.org_id = of_org AND c.day IN (SELECT day FROM seen)
    ), listed AS MATERIALIZED (
        SELECT d.name, d.day, d.visitor, d.day::timestamp AT TIME ZONE 'UTC' AS begins,
            (d.day + 1)::timestamp AT TIME ZONE 'UTC' AS ends
        FROM seen JOIN named USING (day)
        JOIN analytics.day_visitor d
            ON d.org_id = of_org AND d.name = named.name AND d.day = seen.day
            AND d.visitor = seen.visitor
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
CREATE OR REPLACE FUNCTION analytics.purge_org(of_org uuid, most bigint) RETURNS bigint
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
CREATE OR REPLACE FUNCTION analytics.join_visitors(of_org uuid, pairs jsonb) RETURNS void
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
DROP FUNCTION analytics.take_ids(uuid, jsonb, jsonb);
DROP FUNCTION analytics.judge_pairs(uuid, jsonb);
DROP FUNCTION analytics.id_lock(uuid);
DROP TABLE analytics.known_user;

-- Forgetting finds a visitor's days by their entries for any event (0003).
-- Lock cost: none.
-- phase: expand

-- A bite of what is known of a visitor and the ids joined to it: at most `most` entries of the list of
-- days with all their events, which go first, so that what was not reached is still listed (name '' comes
-- last). How many
-- entries; fewer than `most`: that was all, and the links are gone too.
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

-- down
-- A bite of what is known of a visitor and the ids joined to it: at most `most` entries of the list of
-- days with all their events, which go first, so that what was not reached is still listed. How many
-- entries; fewer than `most`: that was all, and the links are gone too.
CREATE OR REPLACE FUNCTION analytics.forget_visitor(of_org uuid, of_visitor text, most bigint) RETURNS bigint
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

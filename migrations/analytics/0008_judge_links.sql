-- What came before ids were known as users': an id in the form of a UUID is what libraries make for a
-- browser, any other is taken for a user's, but for those that identify nobody (the words are those of
-- analytics_placeholder.c). Joins stay of a browser's id to a user's, and 500 for a user; the others, which
-- a message would not make any more, are cut.
-- Lock cost: none that stops reports. In bites of 5,000 that commit each: a message that brings an id of a
-- bite waits for its end, some 0.1 s. Some 20 s a million of visitors and joins. May be broken off and
-- run again.
-- transaction: none
-- phase: expand

DO $$
DECLARE
    bite CONSTANT bigint := 5000;
    browser CONSTANT text := '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
    nobody CONSTANT text[] := ARRAY[
            'null', 'nil', 'none', 'undefined', 'nan', 'infinity', '-1', 'true', 'false', 'object object',
            'anonymous', 'anon', 'guest', 'nobody', 'unknown', 'n/a', 'not set', 'no user',
            'not_authenticated', 'unauthenticated', 'id', 'userid', 'user_id', 'anonymousid',
            'anonymous_id', 'distinctid', 'distinct_id', 'email', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
            '9774d56d682e549c', '02:00:00:00:00:00'];
    space CONSTANT text := E' \t\r\n"''`()[]{}<>';
    visitors text[];
    orgs uuid[];
    users text[];
    last_visitor text COLLATE "C" := '';
    last_org uuid := '00000000-0000-0000-0000-000000000000';
    n bigint := bite;
    crowd record;
BEGIN
    -- Users by the form of their id.
    WHILE n = bite LOOP
        SELECT array_agg(visitor ORDER BY visitor, org_id), array_agg(org_id ORDER BY visitor, org_id),
            count(*)
        INTO visitors, orgs, n
        FROM (
            SELECT visitor, org_id FROM analytics.day_visitor
            WHERE name = '' AND (visitor, org_id) > (last_visitor, last_org)
            ORDER BY visitor, org_id LIMIT bite
        ) AS d;
        EXIT WHEN n = 0;
        INSERT INTO analytics.known_user (org_id, visitor, seen_on)
        SELECT DISTINCT org, id, current_date
        FROM unnest(orgs, visitors) AS u (org, id)
        WHERE id !~* browser AND id ~ '[^[:space:][:punct:]0]'
            AND lower(btrim(id, space)) <> ALL (nobody)
        ORDER BY org, id
        ON CONFLICT DO NOTHING;
        last_visitor := visitors[n];
        last_org := orgs[n];
        COMMIT;
    END LOOP;

    -- Users because somebody was joined to them.
    last_org := '00000000-0000-0000-0000-000000000000';
    last_visitor := '';
    n := bite;
    WHILE n = bite LOOP
        SELECT array_agg(visitor ORDER BY org_id, visitor), array_agg(org_id ORDER BY org_id, visitor),
            array_agg(joined_to ORDER BY org_id, visitor), count(*)
        INTO visitors, orgs, users, n
        FROM (
            SELECT org_id, visitor, joined_to FROM analytics.visitor_link
            WHERE (org_id, visitor) > (last_org, last_visitor COLLATE "default")
            ORDER BY org_id, visitor LIMIT bite
        ) AS l;
        EXIT WHEN n = 0;
        INSERT INTO analytics.known_user (org_id, visitor, seen_on)
        SELECT DISTINCT org, id, current_date
        FROM unnest(orgs, users) AS u (org, id)
        WHERE id ~ '[^[:space:][:punct:]0]' AND lower(btrim(id, space)) <> ALL (nobody)
        ORDER BY org, id
        ON CONFLICT DO NOTHING;
        last_org := orgs[n];
        last_visitor := visitors[n];
        COMMIT;
    END LOOP;

    -- Then what is joined.
    last_org := '00000000-0000-0000-0000-000000000000';
    last_visitor := '';
    n := bite;
    WHILE n = bite LOOP
        SELECT array_agg(visitor ORDER BY org_id, visitor), array_agg(org_id ORDER BY org_id, visitor),
            count(*)
        INTO visitors, orgs, n
        FROM (
            SELECT org_id, visitor FROM analytics.visitor_link
            WHERE (org_id, visitor) > (last_org, last_visitor COLLATE "default")
            ORDER BY org_id, visitor LIMIT bite
        ) AS l;
        EXIT WHEN n = 0;
        DELETE FROM analytics.visitor_link WHERE ctid = ANY (ARRAY(
            SELECT l.ctid
            FROM unnest(orgs, visitors) AS u (org, id)
            JOIN analytics.visitor_link l ON l.org_id = org AND l.visitor = id
            WHERE l.visitor !~* browser OR l.visitor !~ '[^0-]' OR l.visitor !~* '[^f-]'
                OR (SELECT true FROM analytics.known_user k
                    WHERE k.org_id = l.org_id AND k.visitor = l.joined_to) IS NULL
                OR (SELECT true FROM analytics.known_user k
                    WHERE k.org_id = l.org_id AND k.visitor = l.visitor)
            FOR UPDATE OF l SKIP LOCKED));
        last_org := orgs[n];
        last_visitor := visitors[n];
        COMMIT;
    END LOOP;
    FOR crowd IN
        SELECT org_id, joined_to FROM analytics.visitor_link GROUP BY 1, 2 HAVING count(*) > 500
    LOOP
        DELETE FROM analytics.visitor_link WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM analytics.visitor_link
            WHERE org_id = crowd.org_id AND joined_to = crowd.joined_to
            ORDER BY visitor OFFSET 500));
        COMMIT;
    END LOOP;
END
$$;

-- down

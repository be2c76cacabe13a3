-- name: insert_write_key
INSERT INTO analytics.write_key (org_id, id, name, key, traits)
VALUES ($1, $2, $3, $4, ARRAY(SELECT jsonb_array_elements_text($5)))
RETURNING id, name, key, traits, created_at;

-- name: count_write_keys
SELECT count(*) FROM analytics.write_key WHERE org_id = $1;

-- name: list_write_keys
SELECT id, name, key, traits, created_at
FROM analytics.write_key
WHERE org_id = $1 AND ($2::uuid IS NULL OR id > $2)
ORDER BY id
LIMIT $3;

-- name: delete_write_key
DELETE FROM analytics.write_key WHERE org_id = $1 AND id = $2
RETURNING id, name, key, traits, created_at;

-- name: write_key_by_text
SELECT org_id, key, traits FROM analytics.write_key_by_text($1);

-- name: store_messages
-- $3: [[message, occurred at, name, visitor, properties], …]. One value parsed once costs about half of
-- what an array per column does. In the order of the message, so that two batches that share some
-- wait for each other in one order.
WITH incoming AS (
    SELECT DISTINCT ON (id) (m ->> 0)::uuid AS id, (m ->> 1)::timestamptz AS occurred_at,
        m ->> 2 AS name, m ->> 3 AS visitor, m -> 4 AS properties
    FROM jsonb_array_elements($3) AS m, LATERAL (SELECT (m ->> 0)::uuid AS id) AS key
    ORDER BY id
), fresh AS (
    INSERT INTO analytics.message (org_id, id, seen_at)
    SELECT $1, id, $2 FROM incoming ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING id
)
INSERT INTO analytics.event (org_id, received_at, occurred_at, name, visitor, properties)
SELECT $1, $2, occurred_at, name, visitor, properties FROM incoming JOIN fresh USING (id);

-- name: join_visitors
-- $2: [[visitor, joins], …]. Who is joined stays so: on a shared machine the first user is the visitor's.
-- Ids that had been joined to the one that now joins another go along with it.
WITH wanted AS (
    SELECT DISTINCT ON (visitor) p ->> 0 AS visitor, coalesce(l.joined_to, p ->> 1) AS joined_to
    FROM jsonb_array_elements($2) AS p
    LEFT JOIN analytics.visitor_link l ON l.org_id = $1 AND l.visitor = p ->> 1
    WHERE NOT EXISTS (
        SELECT FROM analytics.visitor_link known WHERE known.org_id = $1 AND known.visitor = p ->> 0)
    ORDER BY visitor
), carried AS (
    UPDATE analytics.visitor_link v SET joined_to = w.joined_to
    FROM wanted w
    WHERE v.org_id = $1 AND v.joined_to = w.visitor AND v.visitor <> w.joined_to
)
INSERT INTO analytics.visitor_link (org_id, visitor, joined_to)
SELECT $1, visitor, joined_to FROM wanted WHERE visitor <> joined_to
ON CONFLICT DO NOTHING;

-- name: delete_seen_messages
-- A bounded bite; the job comes back for the rest.
DELETE FROM analytics.message WHERE (org_id, id) IN (
    SELECT org_id, id FROM analytics.message WHERE seen_at < $1 LIMIT $2);

-- name: events_by_name
SELECT name, sum(events)::bigint AS events, count(*) AS visitors
FROM (
    SELECT e.name, coalesce(l.joined_to, e.visitor) AS visitor, count(*) AS events
    FROM analytics.event e
    LEFT JOIN analytics.visitor_link l ON l.org_id = e.org_id AND l.visitor = e.visitor
    WHERE e.org_id = $1 AND e.received_at >= $2 AND e.occurred_at >= $2 AND e.occurred_at < $3
    GROUP BY 1, 2
) AS by_visitor
GROUP BY name
ORDER BY events DESC, name
LIMIT 200;

-- name: events_by_day
-- A day without events is a row with zeros. $4: one event's name, NULL: all.
SELECT to_char(day, 'YYYY-MM-DD') AS day, coalesce(sum(events), 0)::bigint AS events,
    count(visitor) AS visitors
FROM generate_series(
    date_trunc('day', $2 AT TIME ZONE 'UTC'), ($3 AT TIME ZONE 'UTC') - interval '1 microsecond',
    interval '1 day') AS day
LEFT JOIN (
    SELECT date_trunc('day', e.occurred_at AT TIME ZONE 'UTC') AS day,
        coalesce(l.joined_to, e.visitor) AS visitor, count(*) AS events
    FROM analytics.event e
    LEFT JOIN analytics.visitor_link l ON l.org_id = e.org_id AND l.visitor = e.visitor
    WHERE e.org_id = $1 AND e.received_at >= $2 AND e.occurred_at >= $2 AND e.occurred_at < $3
        AND ($4::text IS NULL OR e.name = $4)
    GROUP BY 1, 2
) AS by_visitor USING (day)
GROUP BY day
ORDER BY day;

-- name: active_visitors
SELECT to_char(starts, 'YYYY-MM-DD') AS starts_on, count(*) AS visitors
FROM (
    SELECT DISTINCT date_trunc($4, e.occurred_at AT TIME ZONE 'UTC') AS starts,
        coalesce(l.joined_to, e.visitor) AS visitor
    FROM analytics.event e
    LEFT JOIN analytics.visitor_link l ON l.org_id = e.org_id AND l.visitor = e.visitor
    WHERE e.org_id = $1 AND e.received_at >= $2 AND e.occurred_at >= $2 AND e.occurred_at < $3
) AS active
GROUP BY starts
ORDER BY starts;

-- name: funnel
-- $4: the steps' names as a JSON list. Of two events at the same instant the earlier step counts first.
WITH step AS (
    SELECT name, n::integer AS n FROM jsonb_array_elements_text($4) WITH ORDINALITY AS s (name, n)
), wanted AS (
    SELECT array_agg((SELECT min(same.n) FROM step same WHERE same.name = step.name) ORDER BY n)
        AS steps
    FROM step
), taken AS (
    SELECT coalesce(l.joined_to, e.visitor) AS visitor, e.occurred_at, s.n
    FROM analytics.event e
    JOIN (SELECT name, min(n) AS n FROM step GROUP BY name) AS s ON s.name = e.name
    LEFT JOIN analytics.visitor_link l ON l.org_id = e.org_id AND l.visitor = e.visitor
    WHERE e.org_id = $1 AND e.received_at >= $2 AND e.occurred_at >= $2 AND e.occurred_at < $3
), reached AS (
    SELECT analytics.steps_reached(array_agg(n ORDER BY occurred_at, n),
        array_agg(occurred_at ORDER BY occurred_at, n), (SELECT steps FROM wanted),
        make_interval(secs => $5)) AS steps
    FROM taken
    GROUP BY visitor
)
SELECT step.name AS step, count(reached.steps) AS visitors
FROM step LEFT JOIN reached ON reached.steps >= step.n
GROUP BY step.n, step.name
ORDER BY step.n;

-- name: platform_funnel
-- The same of milestones. Whose is it: the person's; of a sign-up, whoever confirmed that address;
-- of what happened to an organisation, the person who founded it.
WITH step AS (
    SELECT name, n::integer AS n FROM jsonb_array_elements_text($3) WITH ORDINALITY AS s (name, n)
), wanted AS (
    SELECT array_agg((SELECT min(same.n) FROM step same WHERE same.name = step.name) ORDER BY n)
        AS steps
    FROM step
), taken AS (
    SELECT coalesce(m.person_id, confirmed.person_id, founded.person_id)::text AS person,
        encode(m.signup_hash, 'hex') AS signup, m.org_id::text AS org, m.occurred_at, s.n
    FROM analytics.milestone m
    JOIN (SELECT name, min(n) AS n FROM step GROUP BY name) AS s ON s.name = m.name
    LEFT JOIN analytics.milestone confirmed
        ON confirmed.name = 'verified' AND confirmed.signup_hash = m.signup_hash
    LEFT JOIN analytics.milestone founded
        ON founded.name = 'created organisation' AND founded.org_id = m.org_id
    WHERE m.occurred_at >= $1 AND m.occurred_at < $2
), reached AS (
    SELECT analytics.steps_reached(array_agg(n ORDER BY occurred_at, n),
        array_agg(occurred_at ORDER BY occurred_at, n), (SELECT steps FROM wanted),
        make_interval(secs => $4)) AS steps
    FROM taken
    GROUP BY coalesce(person, signup, org)
)
SELECT step.name AS step, count(reached.steps) AS visitors
FROM step LEFT JOIN reached ON reached.steps >= step.n
GROUP BY step.n, step.name
ORDER BY step.n;

-- name: insert_milestone
INSERT INTO analytics.milestone (event_id, name, person_id, org_id, signup_hash, occurred_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING;

-- name: forget_visitor_between
-- One day's arrivals at a time, of the visitor and of every id joined to it. NULL: in every organisation.
DELETE FROM analytics.event e
WHERE e.received_at >= $3 AND e.received_at < $4 AND ($1::uuid IS NULL OR e.org_id = $1)
    AND (e.visitor = $2 OR EXISTS (
        SELECT FROM analytics.visitor_link l
        WHERE l.org_id = e.org_id AND l.visitor = e.visitor AND l.joined_to = $2));

-- name: forget_links
DELETE FROM analytics.visitor_link
WHERE ($1::uuid IS NULL OR org_id = $1) AND (visitor = $2 OR joined_to = $2);

-- name: forget_person
SELECT analytics.forget_person();

-- name: delete_events_of_org
DELETE FROM analytics.event WHERE org_id = $1;

-- name: delete_messages_of_org
DELETE FROM analytics.message WHERE org_id = $1;

-- name: delete_links_of_org
DELETE FROM analytics.visitor_link WHERE org_id = $1;

-- name: delete_write_keys_of_org
DELETE FROM analytics.write_key WHERE org_id = $1;

-- name: forget_org
SELECT analytics.forget_org();

-- name: make_partitions
SELECT analytics.make_partitions($1);

-- name: drop_partitions
SELECT analytics.drop_partitions($1);

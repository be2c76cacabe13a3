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
-- $3: [[message, occurred at, name, visitor, properties], …]. Parsing one value costs about half of one array
-- per column. Sorted by message, so that two batches with common messages lock them in one order.
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

-- name: take_ids
-- $2: [user, …]; $3: [[visitor, joins], …].
SELECT made, cut, known_user, other_user, too_many FROM analytics.take_ids($1, $2, $3);

-- name: delete_seen_messages
-- At most $2 rows; the job repeats it for the others. By ctid, found through the BRIN index.
DELETE FROM analytics.message WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM analytics.message WHERE seen_at < $1 LIMIT $2));

-- name: delete_day_visitors
-- The same for days before $1's, found through day_count.
DELETE FROM analytics.day_visitor WHERE ctid = ANY (ARRAY(
    SELECT v.ctid
    FROM (
        SELECT DISTINCT org_id, name, day FROM analytics.day_count
        WHERE day < ($1 AT TIME ZONE 'UTC')::date
    ) AS old
    CROSS JOIN LATERAL (
        SELECT ctid FROM analytics.day_visitor
        WHERE org_id = old.org_id AND name = old.name AND day = old.day OFFSET 0
    ) AS v
    LIMIT $2));

-- name: delete_day_counts
-- After their visitors, which are found through them. (Not NOT EXISTS, which a plan may turn into a hash of
-- all visitors.)
DELETE FROM analytics.day_count WHERE ctid = ANY (ARRAY(
    SELECT d.ctid FROM analytics.day_count d
    WHERE d.day < ($1 AT TIME ZONE 'UTC')::date AND (
        SELECT true FROM analytics.day_visitor v
        WHERE v.org_id = d.org_id AND v.name = d.name AND v.day = d.day LIMIT 1) IS NULL
    LIMIT $2::bigint));

-- name: delete_default_events
-- Events that arrived when their day had no partition. Events are never updated.
DELETE FROM analytics.event_default WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM analytics.event_default WHERE received_at < $1 LIMIT $2::bigint));

-- name: delete_milestones
DELETE FROM analytics.milestone WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM analytics.milestone WHERE occurred_at < $1 LIMIT $2::bigint));

-- name: delete_users
-- Users not seen since $1, with the ids joined to them; a user seen concurrently is kept. By ctid, and for
-- each user by index, because a batch is small and the tables are large. The index has the joins' collation.
WITH old AS MATERIALIZED (
    SELECT ctid AS place, org_id, visitor FROM analytics.known_user
    WHERE seen_on < ($1 AT TIME ZONE 'UTC')::date LIMIT $2 FOR UPDATE SKIP LOCKED
), cut AS (
    DELETE FROM analytics.visitor_link WHERE ctid = ANY (ARRAY(
        SELECT l.ctid FROM old, LATERAL (
            SELECT l.ctid FROM analytics.visitor_link l
            WHERE l.org_id = old.org_id AND l.joined_to = old.visitor COLLATE "default" OFFSET 0) AS l))
)
DELETE FROM analytics.known_user WHERE ctid = ANY (ARRAY(SELECT place FROM old));

-- name: events_by_name
-- $2 and $3: the first day and the day after the last.
WITH counted AS (
    SELECT name, sum(events)::bigint AS events
    FROM analytics.day_count
    WHERE org_id = $1 AND name > '' AND day >= $2::date AND day < $3::date
    GROUP BY name
    HAVING sum(events) > 0
    ORDER BY events DESC, name
    LIMIT 200
), seen AS (
    SELECT v.name, count(DISTINCT coalesce(l.joined_to, v.visitor)) AS visitors
    FROM analytics.day_visitor v
    LEFT JOIN analytics.visitor_link l ON l.org_id = $1 AND l.visitor = v.visitor COLLATE "default"
    WHERE v.org_id = $1 AND v.name IN (SELECT name FROM counted)
        AND v.day >= $2::date AND v.day < $3::date
    GROUP BY v.name
)
SELECT name, events, coalesce(visitors, 0) AS visitors
FROM counted LEFT JOIN seen USING (name)
ORDER BY events DESC, name;

-- name: events_by_day
-- A day without events is a row with zeros. $4: one event's name, NULL: all.
WITH counted AS (
    SELECT day, sum(events)::bigint AS events
    FROM analytics.day_count
    WHERE org_id = $1 AND name = coalesce($4::text, '') AND day >= $2::date AND day < $3::date
    GROUP BY day
), seen AS (
    SELECT v.day, count(DISTINCT coalesce(l.joined_to, v.visitor)) AS visitors
    FROM analytics.day_visitor v
    LEFT JOIN analytics.visitor_link l ON l.org_id = $1 AND l.visitor = v.visitor COLLATE "default"
    WHERE v.org_id = $1 AND v.name = coalesce($4::text, '')
        AND v.day >= $2::date AND v.day < $3::date
    GROUP BY v.day
)
SELECT to_char(g.day, 'YYYY-MM-DD') AS day, coalesce(events, 0) AS events,
    coalesce(visitors, 0) AS visitors
FROM (SELECT $2::date + n AS day FROM generate_series(0, $3::date - $2::date - 1) AS n) AS g
LEFT JOIN counted USING (day)
LEFT JOIN seen USING (day)
ORDER BY g.day;

-- name: active_visitors
SELECT to_char(date_trunc($4, v.day::timestamp), 'YYYY-MM-DD') AS starts_on,
    count(DISTINCT coalesce(l.joined_to, v.visitor)) AS visitors
FROM analytics.day_visitor v
LEFT JOIN analytics.visitor_link l ON l.org_id = $1 AND l.visitor = v.visitor COLLATE "default"
WHERE v.org_id = $1 AND v.name = '' AND v.day >= $2::date AND v.day < $3::date
GROUP BY date_trunc($4, v.day::timestamp)
ORDER BY starts_on;

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
-- The same for milestones. The visitor is the person. For a sign-up it is the person who confirmed that
-- address, for an organisation its creator.
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

-- name: forget_visitor
SELECT analytics.forget_visitor($1, $2, $3);

-- name: find_visitor
SELECT $2::text AS visitor, EXISTS (
        SELECT FROM analytics.known_user k WHERE k.org_id = $1 AND k.visitor = $2) AS is_user, (
        SELECT l.joined_to FROM analytics.visitor_link l
        WHERE l.org_id = $1 AND l.visitor = $2) AS joined_to, ARRAY(
        SELECT l.visitor FROM analytics.visitor_link l
        WHERE l.org_id = $1 AND l.joined_to = $2 ORDER BY l.visitor LIMIT 500) AS joined;

-- name: org_that_knows
-- As the system: the next organisation after $2 with data of the visitor. Ids are joined to known users only.
(SELECT org_id FROM analytics.day_visitor
 WHERE visitor = $1 AND name = '' AND ($2::uuid IS NULL OR org_id > $2)
 ORDER BY org_id LIMIT 1)
UNION ALL
(SELECT org_id FROM analytics.known_user
 WHERE visitor = $1 AND visitor LIKE 'person\_%' AND ($2::uuid IS NULL OR org_id > $2)
 ORDER BY org_id LIMIT 1)
UNION ALL
(SELECT org_id FROM analytics.visitor_link
 WHERE visitor = $1 AND visitor LIKE 'person\_%' AND ($2::uuid IS NULL OR org_id > $2)
 ORDER BY org_id LIMIT 1)
ORDER BY org_id LIMIT 1;

-- name: forget_person
SELECT analytics.forget_person();

-- name: delete_write_keys_of_org
DELETE FROM analytics.write_key WHERE org_id = $1;

-- name: forget_org
SELECT analytics.forget_org();

-- name: purge_org
SELECT analytics.purge_org($1, $2);

-- name: make_partition
SELECT analytics.make_partition($1);

-- name: drop_partition
SELECT analytics.drop_partition($1);

-- Events that applications send, in a partition per day of arrival, and what the platform itself notes
-- about its own customers (milestones).
-- Lock cost: none, everything is new.
-- phase: expand

SELECT platform.declare_schema('analytics');

-- What a page or a server sends with its events. It stands in the page's source, so it is no secret:
-- whoever has it can add events and read nothing.
CREATE TABLE analytics.write_key (
    org_id uuid NOT NULL REFERENCES users.org (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    key text NOT NULL CHECK (length(key) BETWEEN 20 AND 80),
    traits text[] NOT NULL CHECK (cardinality(traits) <= 50),
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    CONSTRAINT write_key_pkey PRIMARY KEY (org_id, id),
    CONSTRAINT write_key_key_key UNIQUE (key)
);
SELECT platform.declare_tenant('analytics.write_key');

-- Whose key is it? Asked before the tenant is known. In plpgsql, which keeps its plan.
CREATE FUNCTION analytics.write_key_by_text(wanted text)
    RETURNS TABLE (org_id uuid, key text, traits text[])
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY SELECT k.org_id, k.key, k.traits FROM analytics.write_key k WHERE k.key = wanted;
END
$$;
SELECT platform.declare_definer('analytics.write_key_by_text(text)');

-- Messages seen in the last two days, by a hash of their messageId: what is here is not stored again.
-- Not partitioned, because only one unique index over all of them is exact, at midnight too.
CREATE TABLE analytics.message (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    seen_at timestamptz NOT NULL,
    CONSTRAINT message_pkey PRIMARY KEY (org_id, id)
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX message_seen_idx ON analytics.message USING brin (seen_at) WITH (autosummarize = on);
SELECT platform.declare_tenant('analytics.message');

-- Written once, never changed and never looked up one by one: no key, and no reference to the
-- organisation either (each row would pay for it; purging an organisation removes them). Nothing
-- occurs after it was received, so received_at >= X leaves out partitions for any question about
-- what occurred since X.
CREATE TABLE analytics.event (
    org_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    visitor text NOT NULL CHECK (char_length(visitor) BETWEEN 1 AND 200),
    properties jsonb NOT NULL,
    CONSTRAINT event_occurs_before_it_arrives CHECK (occurred_at <= received_at)
) PARTITION BY RANGE (received_at);
CREATE INDEX event_name_idx ON analytics.event (org_id, name, occurred_at) INCLUDE (visitor);
SELECT platform.declare_tenant('analytics.event');

-- For events of a day that has no partition, because nobody ran `ashlar maintain`.
CREATE TABLE analytics.event_default PARTITION OF analytics.event DEFAULT;

-- Two ids of one visitor: an anonymous one and the user it turned out to be, or a user's former id.
-- joined_to is never itself joined to another.
CREATE TABLE analytics.visitor_link (
    org_id uuid NOT NULL,
    visitor text NOT NULL CHECK (char_length(visitor) BETWEEN 1 AND 200),
    joined_to text NOT NULL CHECK (char_length(joined_to) BETWEEN 1 AND 200),
    CONSTRAINT visitor_link_pkey PRIMARY KEY (org_id, visitor),
    CONSTRAINT visitor_link_joins_two CHECK (visitor <> joined_to)
);
CREATE INDEX visitor_link_joined_idx ON analytics.visitor_link (org_id, joined_to);
SELECT platform.declare_tenant('analytics.visitor_link');

-- What happened to the platform's own customers, told by its modules and not by pages: a row per fact.
-- A sign-up has no person yet; the keyed hash of its address is what joins the two.
CREATE TABLE analytics.milestone (
    event_id uuid PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    person_id uuid,
    org_id uuid,
    signup_hash bytea CHECK (length(signup_hash) = 32),
    occurred_at timestamptz NOT NULL
);
CREATE INDEX milestone_name_idx ON analytics.milestone (name, occurred_at);
CREATE INDEX milestone_person_idx ON analytics.milestone (person_id);
CREATE INDEX milestone_org_idx ON analytics.milestone (org_id);
CREATE INDEX milestone_signup_idx ON analytics.milestone (signup_hash);
SELECT platform.declare_platform('analytics.milestone');

-- The acting person's milestones, with the sign-ups that led to that person.
CREATE FUNCTION analytics.forget_person() RETURNS void
    LANGUAGE sql
AS $$
    DELETE FROM analytics.milestone WHERE signup_hash IN (
        SELECT m.signup_hash FROM analytics.milestone m
        WHERE m.person_id = platform.current_person());
    DELETE FROM analytics.milestone WHERE person_id = platform.current_person();
$$;
SELECT platform.declare_definer('analytics.forget_person()');

CREATE FUNCTION analytics.forget_org() RETURNS void
    LANGUAGE sql
AS $$
    DELETE FROM analytics.milestone WHERE org_id = platform.current_org();
$$;
SELECT platform.declare_definer('analytics.forget_org()');

-- How many of the steps one visitor took in order, all within `within` of the first. `taken` and
-- `taken_at` are the visitor's events by time, each as a number for its name; `steps` the same
-- numbers in the order wanted, where one may come twice.
CREATE FUNCTION analytics.steps_reached(
    taken integer[], taken_at timestamptz[], steps integer[], within interval) RETURNS integer
    LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    -- The latest beginning from which steps 1 … k have been taken by now: a later one leaves more
    -- time, so no other need be remembered.
    began timestamptz[] := array_fill(NULL::timestamptz, ARRAY[cardinality(steps)]);
    most integer := 0;
BEGIN
    FOR i IN 1 .. cardinality(taken) LOOP
        -- Backwards, so that one event is not taken for two steps.
        FOR k IN REVERSE cardinality(steps) .. 1 LOOP
            CONTINUE WHEN steps[k] <> taken[i];
            IF k = 1 THEN
                began[1] := taken_at[i];
                most := greatest(most, 1);
            ELSIF taken_at[i] <= began[k - 1] + within THEN
                began[k] := greatest(began[k], began[k - 1]);
                most := greatest(most, k);
            END IF;
        END LOOP;
    END LOOP;
    RETURN most;
END
$$;

-- Partitions for today and the days ahead; how many were made. As the owner (`ashlar maintain`). Rows
-- that came while a day had none move out of event_default, which is locked for that moment.
CREATE FUNCTION analytics.make_partitions(days_ahead bigint) RETURNS bigint
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

-- Partitions of days before the last `keep_days`; how many were dropped. As the owner.
CREATE FUNCTION analytics.drop_partitions(keep_days bigint) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    oldest date := (platform.now() AT TIME ZONE 'UTC')::date - keep_days::integer;
    part name;
    dropped bigint := 0;
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'analytics.event'::regclass AND c.relname ~ '^event_\d{8}$'
            AND to_date(substr(c.relname, 7), 'YYYYMMDD') < oldest
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE analytics.%I', part);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM analytics.event_default WHERE received_at < oldest::timestamp AT TIME ZONE 'UTC';
    DELETE FROM analytics.milestone WHERE occurred_at < oldest::timestamp AT TIME ZONE 'UTC';
    RETURN dropped;
END
$$;

REVOKE ALL ON FUNCTION analytics.make_partitions(bigint), analytics.drop_partitions(bigint) FROM PUBLIC;
SELECT analytics.make_partitions(7);

-- down
DROP SCHEMA analytics CASCADE;

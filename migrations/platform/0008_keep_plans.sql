-- A function in SQL that runs as somebody else is planned anew by every query that calls it:
-- event_next cost 145 us and job_complete 670, of which the statements themselves are a tenth. In
-- plpgsql a connection keeps the plans. Nobody's grants change; replacing takes no lock on a table.
-- phase: expand
CREATE OR REPLACE FUNCTION platform.event_next(of_aggregate uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    number bigint;
BEGIN
    INSERT INTO platform.event_stream AS s (org_id, aggregate, last)
    VALUES (coalesce(platform.current_org(), '00000000-0000-0000-0000-000000000000'),
            of_aggregate, 1)
    ON CONFLICT (org_id, aggregate) DO UPDATE SET last = s.last + 1
    RETURNING s.last INTO number;
    RETURN number;
END
$$;
SELECT platform.declare_definer('platform.event_next(uuid)');

CREATE OR REPLACE FUNCTION platform.job_complete(job_id uuid, held_fence bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    of_event uuid;
    of_key text;
BEGIN
    UPDATE platform.job
    SET state = 'done', finished_at = platform.now(), sealed = NULL, locked_by = NULL,
        heartbeat_at = NULL, last_error = NULL
    WHERE id = job_id AND fence = held_fence AND state = 'running'
    RETURNING event_id, ordering_key INTO of_event, of_key;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF of_event IS NOT NULL THEN
        UPDATE platform.event e
        SET pending = pending - 1, sealed = CASE WHEN pending > 1 THEN sealed END
        WHERE e.id = of_event;
    END IF;
    IF of_key IS NOT NULL THEN
        UPDATE platform.job SET deferred_until = '-infinity'
        WHERE id = (SELECT n.id FROM platform.job n
            WHERE n.ordering_key = of_key AND n.state = 'ready' ORDER BY n.seq LIMIT 1);
    END IF;
    RETURN true;
END
$$;
SELECT platform.declare_definer('platform.job_complete(uuid, bigint)');

-- down
CREATE OR REPLACE FUNCTION platform.job_complete(job_id uuid, held_fence bigint) RETURNS boolean
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    WITH done AS (
        UPDATE platform.job
        SET state = 'done', finished_at = platform.now(), sealed = NULL, locked_by = NULL,
            heartbeat_at = NULL, last_error = NULL
        WHERE id = job_id AND fence = held_fence AND state = 'running'
        RETURNING event_id, ordering_key
    ), delivered AS (
        UPDATE platform.event e
        SET pending = pending - 1, sealed = CASE WHEN pending > 1 THEN sealed END
        FROM done WHERE e.id = done.event_id
    ), called AS (
        UPDATE platform.job SET deferred_until = '-infinity'
        WHERE id = (SELECT n.id FROM platform.job n JOIN done ON n.ordering_key = done.ordering_key
            WHERE n.state = 'ready' ORDER BY n.seq LIMIT 1)
    )
    SELECT EXISTS (SELECT FROM done);
END;
SELECT platform.declare_definer('platform.job_complete(uuid, bigint)');
CREATE OR REPLACE FUNCTION platform.event_next(of_aggregate uuid) RETURNS bigint
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    INSERT INTO platform.event_stream AS s (org_id, aggregate, last)
    VALUES (coalesce(platform.current_org(), '00000000-0000-0000-0000-000000000000'),
            of_aggregate, 1)
    ON CONFLICT (org_id, aggregate) DO UPDATE SET last = s.last + 1
    RETURNING s.last;
END;
SELECT platform.declare_definer('platform.event_next(uuid)');

-- When a job was claimed last, so that everybody can see when jobs are due and nothing is claimed. And
-- what a completion calls is found by its ordering key, whatever the statistics say: with the state
-- in so many words the index of ready jobs was walked, all of it, for each completion.
-- Lock cost: none, the table is new; replacing a function takes no lock on a table.
-- phase: expand

CREATE TABLE platform.job_pulse (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    claimed_at timestamptz NOT NULL DEFAULT platform.now()
) WITH (fillfactor = 10);
INSERT INTO platform.job_pulse DEFAULT VALUES;
SELECT platform.declare_platform('platform.job_pulse');
COMMENT ON COLUMN platform.job_pulse.claimed_at IS 'the last claim that got something, to a second';

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
        WHERE id = (SELECT n.id FROM platform.job n WHERE n.ordering_key = of_key
            AND n.state NOT IN ('running', 'done', 'dead') ORDER BY n.seq LIMIT 1);
    END IF;
    RETURN true;
END
$$;
SELECT platform.declare_definer('platform.job_complete(uuid, bigint)');

-- down
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
DROP TABLE platform.job_pulse;

-- name: lock_alert
-- Processes that see the same take turns; a statement of its own, because the next one's snapshot
-- must be taken after the wait.
SELECT pg_advisory_xact_lock(hashtextextended('ashlar.alert.' || $1::text, 0)) IS NULL;

-- name: raise_alert
-- How many raised it before: 0, and this process tells.
WITH own AS (
    INSERT INTO platform.alert (name, instance, since, beat_at)
    VALUES ($1, $2, clock_timestamp(), clock_timestamp())
    ON CONFLICT (name, instance) DO UPDATE SET beat_at = clock_timestamp()
    RETURNING since
)
SELECT count(*) FROM platform.alert a CROSS JOIN own
WHERE a.name = $1 AND a.instance <> $2 AND a.since <= own.since
    AND a.beat_at > clock_timestamp() - interval '1 minute';

-- name: clear_alert
-- How many still see it: 0, and this process tells that it is over.
WITH gone AS (DELETE FROM platform.alert WHERE name = $1 AND instance = $2)
SELECT count(*) FROM platform.alert
WHERE name = $1 AND instance <> $2 AND beat_at > clock_timestamp() - interval '1 minute';

-- name: beat_alerts
UPDATE platform.alert SET beat_at = clock_timestamp() WHERE instance = $1;

-- name: reap_alerts
DELETE FROM platform.alert WHERE beat_at < clock_timestamp() - interval '5 minutes';

-- name: reach_database
SELECT 1;

-- name: queue_lag
-- What waits behind another job of its ordering key is due later, and so does not count.
SELECT coalesce(extract(epoch FROM platform.now() - min(due_at)), 0)::bigint
FROM platform.job WHERE state = 'ready' AND due_at <= platform.now();

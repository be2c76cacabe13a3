-- name: lock_alert
-- Processes with the same reading run one after another. A separate statement, because the next
-- one's snapshot must be taken after the wait.
SELECT pg_advisory_xact_lock(hashtextextended('ashlar.alert.' || $1::text, 0)) IS NULL;

-- name: raise_alert
-- Number of processes that raised it before. 0: this process sends it.
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
-- Number of processes in which it still fires. 0: this process sends that it is resolved.
WITH gone AS (DELETE FROM platform.alert WHERE name = $1 AND instance = $2)
SELECT count(*) FROM platform.alert
WHERE name = $1 AND instance <> $2 AND beat_at > clock_timestamp() - interval '1 minute';

-- name: beat_alerts
UPDATE platform.alert SET beat_at = clock_timestamp() WHERE instance = $1;

-- name: reap_alerts
DELETE FROM platform.alert WHERE beat_at < clock_timestamp() - interval '5 minutes';

-- name: reach_database
SELECT 1;

-- name: claim_lag
-- $1 limit of running jobs per organisation, $2 kinds. Duration for which jobs have been due
-- without any claim. Jobs blocked by the limit of their organisation or kind do not count.
WITH busy AS MATERIALIZED (
    SELECT org_id FROM platform.job
    WHERE state = 'running' AND org_id IS NOT NULL GROUP BY org_id HAVING count(*) >= $1::bigint
), taken AS MATERIALIZED (
    SELECT k.kind FROM jsonb_to_recordset($2::jsonb) AS k(kind text, most integer)
    WHERE k.most <= (SELECT count(*) FROM platform.job r WHERE r.state = 'running' AND r.kind = k.kind)
)
SELECT CASE WHEN min(due_at) IS NULL THEN 0 ELSE extract(epoch FROM platform.now()
    - greatest(min(due_at), (SELECT claimed_at FROM platform.job_pulse)))::bigint END
FROM platform.job
WHERE state = 'ready' AND due_at <= platform.now() AND kind NOT IN (SELECT kind FROM taken)
    AND (org_id IS NULL OR org_id NOT IN (SELECT org_id FROM busy));

-- name: queue_lag
-- Jobs that wait for another job of their ordering key are due later, and do not count.
SELECT coalesce(extract(epoch FROM platform.now() - min(due_at)), 0)::bigint
FROM platform.job WHERE state = 'ready' AND due_at <= platform.now();

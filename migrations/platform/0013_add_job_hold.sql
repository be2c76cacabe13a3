-- Organisations whose jobs wait. A job that is found waiting is parked: it is due never, and
-- job_parked says which it was, so that no claim walks past it again and a release finds it. A
-- table of its own, because an index for this on platform.job would be kept by every job.
-- Lock cost: none, everything is new.
-- phase: expand

CREATE TABLE platform.job_hold (
    org_id uuid PRIMARY KEY,
    held_at timestamptz NOT NULL DEFAULT platform.now(),
    released_at timestamptz
);
CREATE INDEX job_hold_released_idx ON platform.job_hold (released_at) WHERE released_at IS NOT NULL;
SELECT platform.declare_platform('platform.job_hold');
COMMENT ON COLUMN platform.job_hold.released_at IS 'its parked jobs are being called back; then the row goes';

CREATE TABLE platform.job_parked (
    org_id uuid NOT NULL,
    job_id uuid NOT NULL,
    PRIMARY KEY (org_id, job_id)
);
SELECT platform.declare_platform('platform.job_parked');

-- Of the organisation one works in, whoever asks.
CREATE FUNCTION platform.jobs_are_held() RETURNS boolean
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM platform.job_hold
        WHERE org_id = platform.current_org() AND released_at IS NULL);
END
$$;
SELECT platform.declare_definer('platform.jobs_are_held()');

-- Of an organisation that is deleted, by whoever deletes it: nothing would end its hold.
CREATE FUNCTION platform.jobs_release() RETURNS void
    LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    UPDATE platform.job_hold SET released_at = platform.now()
    WHERE org_id = platform.current_org() AND released_at IS NULL;
END
$$;
SELECT platform.declare_definer('platform.jobs_release()');

-- down
DROP FUNCTION platform.jobs_release();
DROP FUNCTION platform.jobs_are_held();
UPDATE platform.job SET deferred_until = '-infinity'
WHERE deferred_until = 'infinity' AND state = 'ready';
DROP TABLE platform.job_parked;
DROP TABLE platform.job_hold;

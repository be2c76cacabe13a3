-- A mail knows which organisation it is about, and it is known which of these are suspended: their
-- mails wait, and what is given up or deleted when it is old does not grow older meanwhile. Mails
-- written before know of none and go out.
-- Lock cost: the table's lock for a moment; a column without default rewrites nothing.
-- phase: expand

-- Not for who writes a mail to say: it is the organisation the work is in.
ALTER TABLE notifications.mail ADD COLUMN org_id uuid;
ALTER TABLE notifications.mail ALTER COLUMN org_id SET DEFAULT platform.current_org();
COMMENT ON COLUMN notifications.mail.org_id IS 'null: about none, or told by who is above it';

-- One row for all its mails, and no mark on each: what is committed after it was written waits as well.
CREATE TABLE notifications.held_org (
    org_id uuid PRIMARY KEY,
    held_at timestamptz NOT NULL DEFAULT platform.now()
);
SELECT platform.declare_platform('notifications.held_org');

-- What waited when its organisation was deleted is never sent. By who deletes it, who may not look
-- into the tables.
CREATE FUNCTION notifications.drop_held_mails() RETURNS void
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    DELETE FROM notifications.mail WHERE org_id = platform.current_org()
        AND state IN ('queued', 'transmitting', 'unknown', 'failed')
        AND org_id IN (SELECT h.org_id FROM notifications.held_org h);
    DELETE FROM notifications.held_org WHERE org_id = platform.current_org();
END;
SELECT platform.declare_definer('notifications.drop_held_mails()');

-- down
DROP FUNCTION notifications.drop_held_mails();
DROP TABLE notifications.held_org;
ALTER TABLE notifications.mail DROP COLUMN org_id;

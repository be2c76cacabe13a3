-- A mail knows which organisation it is about, and since when it waits because that is suspended:
-- what is given up or deleted when it is old does not grow older meanwhile. Mails written before
-- know of none and go out.
-- Lock cost: the table's lock for a moment; columns without default rewrite nothing.
-- phase: expand

-- Not for who writes a mail to say: it is the organisation the work is in.
ALTER TABLE notifications.mail ADD COLUMN org_id uuid;
ALTER TABLE notifications.mail ALTER COLUMN org_id SET DEFAULT platform.current_org();
ALTER TABLE notifications.mail ADD COLUMN held_at timestamptz;
COMMENT ON COLUMN notifications.mail.org_id IS 'null: about none, or told by who is above it';

-- What waited when its organisation was deleted is never sent. By who deletes it, who may not look
-- into the table.
CREATE FUNCTION notifications.drop_held_mails() RETURNS void
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    DELETE FROM notifications.mail WHERE org_id = platform.current_org() AND held_at IS NOT NULL
        AND state IN ('queued', 'transmitting', 'unknown', 'failed');
END;
SELECT platform.declare_definer('notifications.drop_held_mails()');

-- down
DROP FUNCTION notifications.drop_held_mails();
ALTER TABLE notifications.mail DROP COLUMN org_id, DROP COLUMN held_at;

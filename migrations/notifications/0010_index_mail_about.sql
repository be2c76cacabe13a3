-- Mails that name a person, for erasing it.
-- Lock cost: none that blocks writers; the index is built beside them.
-- phase: expand
-- transaction: none

CREATE INDEX CONCURRENTLY mail_about_idx ON notifications.mail (about_id)
    WHERE about_id IS NOT NULL;

-- down
DROP INDEX CONCURRENTLY notifications.mail_about_idx;

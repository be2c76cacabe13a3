-- What was mailed to one person, for erasing it.
-- Lock cost: none that blocks writers; the index is built beside them.
-- phase: expand
-- transaction: none

CREATE INDEX CONCURRENTLY mail_person_idx ON notifications.mail (person_id)
    WHERE person_id IS NOT NULL;

-- down
DROP INDEX CONCURRENTLY notifications.mail_person_idx;

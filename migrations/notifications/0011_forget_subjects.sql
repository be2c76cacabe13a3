-- What a mail was called, which may name somebody, is kept no longer than what it said: the subjects of
-- mails that were handed over until now go the way new ones do.
-- Lock cost: rows of settled mails, which only the daily sweep touches; nobody else waits.
-- phase: expand

UPDATE notifications.mail SET subject = '-'
WHERE sealed_body IS NULL AND state NOT IN ('queued', 'transmitting') AND subject <> '-';

-- down

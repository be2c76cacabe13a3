-- name: insert_mail
INSERT INTO notifications.mail (id, to_address, template, subject, sealed_body)
VALUES ($1, $2, $3, $4, $5);

-- name: get_mail
SELECT id, to_address, template, subject, sealed_body, state, created_at
FROM notifications.mail WHERE id = $1;

-- name: settle_mail
-- Wiped unless it was caught: then it is there to be read.
UPDATE notifications.mail SET state = $2, settled_at = platform.now(),
    sealed_body = CASE WHEN $2 = 'caught' THEN sealed_body END
WHERE id = $1;

-- name: list_caught
SELECT id, to_address, template, subject, sealed_body, state, created_at
FROM notifications.mail
WHERE state = 'caught' AND ($1::text IS NULL OR to_address = $1)
ORDER BY id DESC LIMIT 50;

-- name: delete_mails_to
DELETE FROM notifications.mail WHERE to_address = $1;

-- name: delete_old_mails
DELETE FROM notifications.mail
WHERE created_at < platform.now() - interval '30 days'
    OR (state = 'caught' AND created_at < platform.now() - interval '7 days');

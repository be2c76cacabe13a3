-- name: insert_mail
INSERT INTO notifications.mail (id, to_address, template, subject, sealed_body, person_id, item_id,
    kind, mandatory, resend)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

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

-- name: forget_person
SELECT notifications.forget_person($1);

-- name: delete_old_mails
DELETE FROM notifications.mail
WHERE created_at < platform.now() - interval '30 days'
    OR (state = 'caught' AND created_at < platform.now() - interval '7 days');

-- name: take_seqs
-- The last of $2 numbers nobody else gets; the row stays locked until they are written.
INSERT INTO notifications.feed AS f (person_id, last_seq) VALUES ($1, $2)
ON CONFLICT (person_id) DO UPDATE SET last_seq = f.last_seq + excluded.last_seq
RETURNING last_seq;

-- name: insert_item
INSERT INTO notifications.item (person_id, id, seq, org_id, kind, title, text, action, path, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: list_wishes
-- Of one kind, or of all of them.
SELECT kind, channel, wanted FROM notifications.preference
WHERE person_id = $1 AND ($2::text IS NULL OR kind = $2) ORDER BY kind, channel;

-- name: delete_items
DELETE FROM notifications.item WHERE person_id = $1;

-- name: delete_feed
DELETE FROM notifications.feed WHERE person_id = $1;

-- name: delete_preferences
DELETE FROM notifications.preference WHERE person_id = $1;

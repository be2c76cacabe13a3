-- name: insert_mail
INSERT INTO notifications.mail (id, to_address, template, subject, sealed_body, person_id, item_id,
    kind, mandatory, resend, about_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: adopt_mails
UPDATE notifications.mail SET person_id = $2 WHERE to_address = $1 AND person_id IS NULL;

-- name: count_recent_mails
-- By the index on addresses, newest first; above 1,000 rows the exact count is irrelevant.
SELECT count(*) FROM (
    SELECT created_at, template FROM notifications.mail
    WHERE to_address = $1 ORDER BY id DESC LIMIT 1000) AS newest
WHERE template = $2 AND created_at > platform.now() - interval '1 hour';

-- name: lock_mail
SELECT id, to_address, template, subject, sealed_body, state, created_at, person_id, item_id, kind,
    mandatory, resend, attempts,
    EXISTS (SELECT FROM notifications.held_org h WHERE h.org_id = m.org_id) AS held
FROM notifications.mail m WHERE id = $1 FOR UPDATE;

-- name: begin_transmission
-- Nothing when, since this process looked, another one has begun a transmission, or the email was settled or
-- held.
UPDATE notifications.mail m SET state = 'transmitting', attempts = attempts + 1
WHERE id = $1 AND attempts = $2 AND state IN ('queued', 'transmitting')
    AND NOT EXISTS (SELECT FROM notifications.held_org h WHERE h.org_id = m.org_id);

-- name: hold_org
INSERT INTO notifications.held_org (org_id) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: drop_held_mails
SELECT notifications.drop_held_mails();

-- name: renew_held_mails
-- Their age without the waiting time.
UPDATE notifications.mail m
SET created_at = m.created_at + (platform.now() - greatest(h.held_at, m.created_at))
FROM notifications.held_org h
WHERE h.org_id = $1 AND m.org_id = $1 AND m.state IN ('queued', 'transmitting');

-- name: let_org_go
DELETE FROM notifications.held_org WHERE org_id = $1;

-- name: settle_mail
-- Body and subject, which may contain a name, are wiped when no longer needed. Captured emails are kept for
-- reading, failed and unknown ones because an operator may send them again.
UPDATE notifications.mail SET state = $2, why = $3, settled_at = platform.now(),
    sealed_body = CASE WHEN $2 IN ('caught', 'queued', 'unknown', 'failed') THEN sealed_body END,
    subject = CASE WHEN $2 IN ('caught', 'queued', 'unknown', 'failed') THEN subject ELSE '-' END
WHERE id = $1;

-- name: note_delivery
-- By the process of the last transmission, so it may replace an "unknown" that others concluded from its
-- silence.
UPDATE notifications.mail SET state = $2, why = $3, settled_at = platform.now(),
    sealed_body = CASE WHEN $2 IN ('queued', 'unknown', 'failed') THEN sealed_body END,
    subject = CASE WHEN $2 IN ('queued', 'unknown', 'failed') THEN subject ELSE '-' END
WHERE id = $1 AND attempts = $4 AND state IN ('queued', 'transmitting', 'unknown');

-- name: is_item_read
SELECT EXISTS (SELECT FROM notifications.item
    WHERE person_id = $1 AND id = $2 AND read_at IS NOT NULL);

-- name: find_suppression
SELECT answer FROM notifications.suppression WHERE address = $1 AND until > platform.now();

-- name: suppress
INSERT INTO notifications.suppression AS s (address, answer, until)
VALUES ($1, $2, platform.now() + make_interval(days => $3::int))
ON CONFLICT (address) DO UPDATE SET answer = excluded.answer, until = excluded.until;

-- name: lift_suppression
DELETE FROM notifications.suppression WHERE address = $1;

-- name: delete_old_suppressions
-- By ctid; a row renewed concurrently is kept.
DELETE FROM notifications.suppression
WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM notifications.suppression WHERE until < platform.now() LIMIT $1::bigint))
    AND platform.now() - until > interval '0';

-- name: settle_abandoned_mails
-- Emails whose job was lost: a running one settles its email within two days.
UPDATE notifications.mail SET settled_at = platform.now(), why = 'its job was lost',
    state = CASE state WHEN 'transmitting' THEN 'unknown' ELSE 'failed' END
WHERE state IN ('queued', 'transmitting') AND created_at < platform.now() - interval '3 days'
    AND (org_id IS NULL OR org_id NOT IN (SELECT h.org_id FROM notifications.held_org h));

-- name: count_open_mails
-- By the index on open mails.
SELECT count(*) FILTER (WHERE state = 'queued') AS queued,
    count(*) FILTER (WHERE state = 'transmitting') AS transmitting,
    count(*) FILTER (WHERE state = 'unknown') AS unknown,
    count(*) FILTER (WHERE state = 'failed') AS failed,
    coalesce(extract(epoch FROM platform.now() - min(created_at)
        FILTER (WHERE state IN ('queued', 'transmitting') AND (org_id IS NULL
            OR org_id NOT IN (SELECT h.org_id FROM notifications.held_org h)))), 0)::bigint AS oldest_s
FROM notifications.mail WHERE state IN ('queued', 'transmitting', 'unknown', 'failed');

-- name: list_mails
-- States of emails, for operators: newest first, by state, address or both.
SELECT id, to_address, template, state, attempts, why, created_at FROM notifications.mail
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR to_address = $2)
ORDER BY id DESC LIMIT 50;

-- name: requeue_mail
-- Regardless of the server's earlier response; the body must still be stored.
UPDATE notifications.mail SET state = 'queued', why = NULL, settled_at = NULL,
    attempts = 0, created_at = platform.now()
WHERE id = $1 AND state IN ('unknown', 'failed') AND sealed_body IS NOT NULL
RETURNING org_id;

-- name: list_caught
SELECT id, to_address, template, subject, sealed_body, state, created_at, person_id, item_id, kind,
    mandatory, resend, attempts, false AS held
FROM notifications.mail
WHERE state = 'caught' AND ($1::text IS NULL OR to_address = $1)
ORDER BY id DESC LIMIT 50;

-- name: forget_person
SELECT notifications.forget_person($1);

-- name: delete_old_mails
-- By ctid, so that the plan does not depend on statistics. An email requeued concurrently is kept: the
-- condition is repeated in a form that matches no index.
DELETE FROM notifications.mail
WHERE ctid = ANY (ARRAY(
        (SELECT ctid FROM notifications.mail
            WHERE created_at < platform.now() - interval '30 days' AND (state NOT IN ('queued',
                'transmitting') OR org_id IS NULL OR org_id NOT IN (
                    SELECT h.org_id FROM notifications.held_org h)) LIMIT $1::bigint)
        UNION ALL
        (SELECT ctid FROM notifications.mail
            WHERE state = 'caught' AND created_at < platform.now() - interval '7 days' LIMIT $1::bigint)))
    AND platform.now() - created_at > interval '7 days';

-- name: take_seqs
-- The last of $2 numbers reserved for this transaction; the row stays locked until it ends.
INSERT INTO notifications.feed AS f (person_id, last_seq) VALUES ($1, $2)
ON CONFLICT (person_id) DO UPDATE SET last_seq = f.last_seq + excluded.last_seq
RETURNING last_seq;

-- name: insert_item
INSERT INTO notifications.item (person_id, id, seq, org_id, kind, title, text, action, path, data, about_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: get_item
SELECT id, seq, org_id, kind, title, text, action, path, data, created_at, read_at,
    archived_at
FROM notifications.item WHERE person_id = $1 AND id = $2;

-- name: set_marks
-- A mark keeps the time of its first setting.
UPDATE notifications.item SET seq = $3,
    read_at = CASE WHEN $4 THEN coalesce(read_at, platform.now()) END,
    archived_at = CASE WHEN $5 THEN coalesce(archived_at, platform.now()) END
WHERE person_id = $1 AND id = $2
RETURNING id, seq, org_id, kind, title, text, action, path, data, created_at, read_at,
    archived_at;

-- name: set_all_read
UPDATE notifications.item i SET seq = $2 + u.n, read_at = platform.now()
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM notifications.item
    WHERE person_id = $1 AND read_at IS NULL AND archived_at IS NULL
        AND ($3::uuid IS NULL OR id <= $3)) AS u
WHERE i.person_id = $1 AND i.id = u.id;

-- name: list_items
SELECT id, seq, org_id, kind, title, text, action, path, data, created_at, read_at,
    archived_at
FROM notifications.item
WHERE person_id = $1 AND ($3::uuid IS NULL OR id < $3)
    AND CASE $2::text
        WHEN 'unread' THEN read_at IS NULL AND archived_at IS NULL
        WHEN 'archived' THEN archived_at IS NOT NULL
        WHEN 'all' THEN true
        ELSE archived_at IS NULL
    END
ORDER BY id DESC LIMIT $4;

-- name: count_unread
SELECT count(*) FROM (SELECT FROM notifications.item
    WHERE person_id = $1 AND read_at IS NULL AND archived_at IS NULL LIMIT 1000) AS u;

-- name: last_seq
SELECT coalesce((SELECT last_seq FROM notifications.feed WHERE person_id = $1), 0);

-- name: list_changes
-- Numbers are assigned in the order of commits, so no lower one can appear later.
SELECT id, seq, org_id, kind, title, text, action, path, data, created_at, read_at,
    archived_at
FROM notifications.item WHERE person_id = $1 AND seq > $2 ORDER BY seq LIMIT 100;

-- name: delete_old_items
DELETE FROM notifications.item WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM notifications.item
    WHERE created_at < platform.now() - make_interval(days => $1::int) LIMIT $2::bigint));

-- name: list_channel_preferences
-- Of one kind, or of all of them.
SELECT kind, channel, wanted FROM notifications.preference
WHERE person_id = $1 AND ($2::text IS NULL OR kind = $2) ORDER BY kind, channel;

-- name: delete_items_of_org
DELETE FROM notifications.item WHERE person_id = $1 AND org_id = $2;

-- name: delete_items
DELETE FROM notifications.item WHERE person_id = $1;

-- name: forget_items_about
-- Number of rows found. A row marked concurrently may be kept, so repeat until it is 0.
WITH seen AS MATERIALIZED (
    SELECT ctid AS place FROM notifications.item WHERE about_id = $1 LIMIT $2::bigint),
gone AS (
    DELETE FROM notifications.item
    WHERE ctid = ANY (ARRAY(SELECT place FROM seen)) AND about_id::text = $1::uuid::text)
SELECT count(*) FROM seen;

-- name: forget_mails_about
-- As notifications.
WITH seen AS MATERIALIZED (
    SELECT ctid AS place FROM notifications.mail WHERE about_id = $1 LIMIT $2::bigint),
gone AS (
    DELETE FROM notifications.mail
    WHERE ctid = ANY (ARRAY(SELECT place FROM seen)) AND about_id::text = $1::uuid::text)
SELECT count(*) FROM seen;

-- name: delete_feed
DELETE FROM notifications.feed WHERE person_id = $1;

-- name: delete_preferences
DELETE FROM notifications.preference WHERE person_id = $1;

-- name: delete_channel_preferences
-- Except unsubscriptions by the link in an email.
DELETE FROM notifications.preference
WHERE person_id = $1 AND NOT (said_by = 'unsubscribe' AND NOT wanted);

-- name: lock_preferences
-- Serialises concurrent changes: the later one replaces all preferences.
SELECT pg_advisory_xact_lock(hashtextextended('notifications.preference ' || $1::uuid::text, 0));

-- name: version_of_preferences
-- A number for all preferences of a person: equal as long as they are equal.
SELECT hashtextextended(coalesce(string_agg(kind || ' ' || channel || ' ' || wanted || ' ' || said_by, ','
    ORDER BY kind COLLATE "C", channel COLLATE "C"), ''), 0) & 4503599627370495
FROM notifications.preference WHERE person_id = $1;

-- name: list_left
SELECT kind, channel, wanted FROM notifications.preference
WHERE person_id = $1 AND said_by = 'unsubscribe' AND NOT wanted;

-- name: put_channel_preference
INSERT INTO notifications.preference AS p (person_id, kind, channel, wanted, said_by)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (person_id, kind, channel) DO UPDATE
SET wanted = excluded.wanted, said_at = platform.now(),
    said_by = CASE WHEN p.said_by = 'unsubscribe' AND NOT excluded.wanted THEN p.said_by
        ELSE excluded.said_by END;

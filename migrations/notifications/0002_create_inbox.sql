-- What people are told inside the product, in which order each of them hears it, and what they do
-- not want to hear. A mail knows from here on whom and what it is for, and states are recorded
-- around the moment a mail server takes it.
-- Lock cost: mail is locked for moments, its new columns have constant defaults or none.
-- phase: expand

-- The row everybody who writes into a person's inbox locks until they commit: numbers are given in
-- the order of commits, so a reader that follows them misses nothing.
CREATE TABLE notifications.feed (
    person_id uuid PRIMARY KEY REFERENCES users.person (id),
    last_seq bigint NOT NULL CHECK (last_seq > 0)
);
SELECT platform.declare_person('notifications.feed');

-- `seq` is raised by every change of an item, marks included: what follows a number is everything
-- that is different since. An organisation that goes takes along what was said about it.
CREATE TABLE notifications.item (
    person_id uuid NOT NULL REFERENCES users.person (id),
    id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    org_id uuid REFERENCES users.org (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
    action text CHECK (length(action) BETWEEN 1 AND 100),
    path text CHECK (length(path) BETWEEN 1 AND 500),
    data jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    read_at timestamptz,
    archived_at timestamptz,
    PRIMARY KEY (person_id, id),
    CONSTRAINT item_seq_key UNIQUE (person_id, seq),
    CONSTRAINT item_action_leads_somewhere CHECK ((action IS NULL) = (path IS NULL))
);
CREATE INDEX item_unread_idx ON notifications.item (person_id)
    WHERE read_at IS NULL AND archived_at IS NULL;
CREATE INDEX item_org_idx ON notifications.item (org_id) WHERE org_id IS NOT NULL;
CREATE INDEX item_created_idx ON notifications.item (created_at);
SELECT platform.declare_person('notifications.item');

-- Only what somebody said; without a row the kind's own default holds.
CREATE TABLE notifications.preference (
    person_id uuid NOT NULL REFERENCES users.person (id),
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    channel text NOT NULL CHECK (channel IN ('inbox', 'mail')),
    wanted boolean NOT NULL,
    said_by text NOT NULL CHECK (said_by IN ('preferences', 'unsubscribe')),
    said_at timestamptz NOT NULL DEFAULT platform.now(),
    PRIMARY KEY (person_id, kind, channel)
);
SELECT platform.declare_person('notifications.preference');

-- Addresses a mail server said do not exist: writing on costs the sender's reputation.
CREATE TABLE notifications.suppression (
    address text PRIMARY KEY CHECK (length(address) BETWEEN 3 AND 254),
    answer text NOT NULL CHECK (length(answer) <= 500),
    since timestamptz NOT NULL DEFAULT platform.now(),
    until timestamptz NOT NULL
);
CREATE INDEX suppression_until_idx ON notifications.suppression (until);
SELECT platform.declare_platform('notifications.suppression');

-- queued -> transmitting -> sent, unknown (nobody can say whether it arrived), refused, failed;
-- withheld and caught mails were never transmitted.
ALTER TABLE notifications.mail
    ADD COLUMN person_id uuid,
    ADD COLUMN item_id uuid,
    ADD COLUMN kind text,
    ADD COLUMN mandatory boolean NOT NULL DEFAULT true,
    ADD COLUMN resend boolean NOT NULL DEFAULT false,
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN why text,
    DROP CONSTRAINT mail_state_check;
ALTER TABLE notifications.mail ADD CONSTRAINT mail_state_check CHECK (state IN ('queued',
    'transmitting', 'sent', 'unknown', 'refused', 'failed', 'withheld', 'caught')) NOT VALID;
ALTER TABLE notifications.mail ADD CONSTRAINT mail_text_check CHECK (
    length(kind) BETWEEN 1 AND 100 AND length(why) <= 500) NOT VALID;

-- Rows say whose they are now, so who acts may only add one. Erasing goes through this window: what
-- was mailed to the person, and to the address whose owner the person is.
REVOKE ALL ON notifications.mail FROM ashlar_app;
GRANT INSERT (id, to_address, template, subject, sealed_body, person_id, item_id, kind, mandatory,
    resend) ON notifications.mail TO ashlar_app;

CREATE FUNCTION notifications.forget_person(address text) RETURNS void
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    DELETE FROM notifications.mail
    WHERE person_id = platform.current_person() OR to_address = address;
    DELETE FROM notifications.suppression s WHERE s.address = forget_person.address;
END;
SELECT platform.declare_definer('notifications.forget_person(text)');

-- down
DROP FUNCTION notifications.forget_person(text);
DELETE FROM notifications.mail WHERE state IN ('transmitting', 'unknown', 'failed', 'withheld');
ALTER TABLE notifications.mail DROP CONSTRAINT mail_state_check, DROP CONSTRAINT mail_text_check,
    DROP COLUMN person_id, DROP COLUMN item_id, DROP COLUMN kind, DROP COLUMN mandatory,
    DROP COLUMN resend, DROP COLUMN attempts, DROP COLUMN why;
ALTER TABLE notifications.mail ADD CONSTRAINT mail_state_check
    CHECK (state IN ('queued', 'sent', 'caught', 'refused'));
GRANT INSERT, DELETE, SELECT (to_address) ON notifications.mail TO ashlar_app;
DROP TABLE notifications.suppression, notifications.preference, notifications.item,
    notifications.feed;

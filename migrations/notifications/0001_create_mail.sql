-- Mail on its way out. Rows belong to an address and not to a tenant: most are written before
-- anybody has signed in.
-- Lock cost: none, everything is new.
-- phase: expand

SELECT platform.declare_schema('notifications');

-- `sealed_body` is encrypted (links in it are secrets) and wiped when the mail was handed over;
-- caught mail keeps it, because it is there to be read.
CREATE TABLE notifications.mail (
    id uuid PRIMARY KEY,
    to_address text NOT NULL CHECK (length(to_address) BETWEEN 3 AND 254),
    template text NOT NULL CHECK (length(template) BETWEEN 1 AND 60),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 500),
    sealed_body text CHECK (length(sealed_body) <= 100000),
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'caught', 'refused')),
    created_at timestamptz NOT NULL DEFAULT platform.now(),
    settled_at timestamptz
);
CREATE INDEX mail_to_idx ON notifications.mail (to_address, id);
CREATE INDEX mail_created_idx ON notifications.mail (created_at);
SELECT platform.declare_platform('notifications.mail');

-- Who acts may put a mail on its way, and erasing a person takes along what was mailed to them;
-- reading is for the system alone.
GRANT INSERT, DELETE, SELECT (to_address) ON notifications.mail TO ashlar_app;

-- down
DROP SCHEMA notifications CASCADE;

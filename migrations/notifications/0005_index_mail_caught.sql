-- Caught mails by age: where mail is sent there are none, and the sweep need not look through a month of
-- sent ones to find that out.
-- Lock cost: none that blocks writers; the index is built beside them.
-- phase: expand
-- transaction: none

CREATE INDEX CONCURRENTLY mail_caught_idx ON notifications.mail (created_at) WHERE state = 'caught';

-- down
DROP INDEX CONCURRENTLY notifications.mail_caught_idx;

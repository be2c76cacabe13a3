-- Mails that are not settled, for the gauges and for whoever looks into what became of them.
-- Lock cost: none that blocks writers; the index is built beside them.
-- phase: expand
-- transaction: none

CREATE INDEX CONCURRENTLY mail_open_idx ON notifications.mail (state, created_at)
    WHERE state IN ('queued', 'transmitting', 'unknown', 'failed');

-- down
DROP INDEX CONCURRENTLY notifications.mail_open_idx;

-- Notices that name a person, for erasing it.
-- Lock cost: none that blocks writers; the index is built beside them.
-- phase: expand
-- transaction: none

CREATE INDEX CONCURRENTLY item_about_idx ON notifications.item (about_id)
    WHERE about_id IS NOT NULL;

-- down
DROP INDEX CONCURRENTLY notifications.item_about_idx;

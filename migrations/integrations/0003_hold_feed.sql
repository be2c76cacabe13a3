-- Since when an organisation's webhooks wait because it is suspended: nothing counts as failing, stuck
-- or overdue meanwhile; and since when they go on, from when on what waited is late.
-- Lock cost: the table's lock for a moment; columns without default rewrite nothing.
-- phase: expand

ALTER TABLE integrations.feed ADD COLUMN held_at timestamptz, ADD COLUMN let_go_at timestamptz;

-- down
ALTER TABLE integrations.feed DROP COLUMN held_at, DROP COLUMN let_go_at;

-- Since when an organisation's webhooks wait because it is suspended: nothing counts as failing, stuck
-- or overdue meanwhile.
-- Lock cost: the table's lock for a moment; a column without default rewrites nothing.
-- phase: expand

ALTER TABLE integrations.feed ADD COLUMN held_at timestamptz;

-- down
ALTER TABLE integrations.feed DROP COLUMN held_at;

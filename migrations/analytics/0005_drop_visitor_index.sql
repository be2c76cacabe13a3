-- Nobody asks it any more: see 0003.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

DROP INDEX CONCURRENTLY analytics.day_visitor_visitor_idx;

-- down
CREATE INDEX day_visitor_visitor_idx ON analytics.day_visitor (visitor, org_id);

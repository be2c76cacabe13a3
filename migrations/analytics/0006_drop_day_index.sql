-- What is past its time is found through day_count, which is small: each entry of this index cost a
-- writer more than it was worth to the sweep.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

DROP INDEX CONCURRENTLY analytics.day_visitor_day_idx;

-- down
CREATE INDEX day_visitor_day_idx ON analytics.day_visitor USING brin (day);

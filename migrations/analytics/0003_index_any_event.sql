-- The days of a visitor are found through the entries for any event; the others of a day by its names.
-- An entry for each of them in an index cost a quarter of the rate at which events come in.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE INDEX CONCURRENTLY day_visitor_any_idx ON analytics.day_visitor (visitor, org_id)
    WHERE name = '';

-- down
DROP INDEX analytics.day_visitor_any_idx;

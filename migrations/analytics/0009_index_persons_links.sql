-- An erased person's joins are looked for in every organisation.
-- Lock cost: none that stops writers (CONCURRENTLY).
-- transaction: none
-- phase: expand

CREATE INDEX CONCURRENTLY visitor_link_person_idx ON analytics.visitor_link (visitor, org_id)
    WHERE visitor LIKE 'person\_%';

-- down
DROP INDEX analytics.visitor_link_person_idx;

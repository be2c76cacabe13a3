-- API keys act too: their audit rows say so.
-- Lock cost: the table's lock for a moment; no row is looked at, those there were allowed before.
-- phase: expand

ALTER TABLE platform.audit
    DROP CONSTRAINT audit_actor_kind_check,
    ADD CONSTRAINT audit_actor_kind_check
        CHECK (actor_kind IN ('none', 'person', 'key', 'system')) NOT VALID;

-- down
ALTER TABLE platform.audit
    DROP CONSTRAINT audit_actor_kind_check,
    ADD CONSTRAINT audit_actor_kind_check
        CHECK (actor_kind IN ('none', 'person', 'system')) NOT VALID;

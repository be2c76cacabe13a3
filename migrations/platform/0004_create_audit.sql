-- Who changed what, written in the transaction of the change. Append-only: nobody but the owner may
-- update, and only ashlar_system may delete (retention). Runs as ashlar_owner.
-- Lock cost: none, everything is new.
-- allow: undeclared-table declared by hand below, because org_id may be absent
-- phase: expand

CREATE TABLE platform.audit (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT platform.now(),
    org_id uuid DEFAULT platform.current_org(),
    actor_kind text NOT NULL CHECK (actor_kind IN ('none', 'person', 'system')),
    actor_id uuid,
    request_id text CHECK (length(request_id) <= 100),
    operation text CHECK (length(operation) <= 200),
    network text CHECK (length(network) <= 64),
    action text NOT NULL CHECK (length(action) <= 100),
    target_type text NOT NULL CHECK (length(target_type) <= 63),
    target_id uuid,
    before jsonb,
    after jsonb
);
CREATE INDEX audit_org_idx ON platform.audit (org_id, id);
CREATE INDEX audit_target_idx ON platform.audit (target_id, id);
CREATE INDEX audit_actor_idx ON platform.audit (actor_id, id) WHERE actor_id IS NOT NULL;

-- As platform.declare_tenant would, but org_id may be absent: rows without a tenant (a sign-in) can
-- be written outside any tenant and are then read by ashlar_system only.
ALTER TABLE platform.audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform.audit FORCE ROW LEVEL SECURITY;
CREATE POLICY app_reach ON platform.audit TO ashlar_app USING (true) WITH CHECK (true);
CREATE POLICY app_fence ON platform.audit AS RESTRICTIVE TO ashlar_app
    USING (org_id = (SELECT platform.current_org()))
    WITH CHECK (org_id IS NOT DISTINCT FROM (SELECT platform.current_org()));
CREATE POLICY system_reach ON platform.audit TO ashlar_system USING (true) WITH CHECK (true);
REVOKE ALL ON TABLE platform.audit FROM PUBLIC, ashlar_app, ashlar_system;
GRANT SELECT, INSERT ON TABLE platform.audit TO ashlar_app;
GRANT SELECT, INSERT, DELETE ON TABLE platform.audit TO ashlar_system;
COMMENT ON TABLE platform.audit IS 'tenant: org_id';

-- down
DROP TABLE platform.audit;

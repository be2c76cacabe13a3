-- Who is staff, when their sessions were last used for staff work, and why somebody is suspended.
-- Lock cost: none, everything is new.
-- phase: expand

SELECT platform.declare_schema('admin');

CREATE TABLE admin.staff (
    person_id uuid PRIMARY KEY REFERENCES users.person (id) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('support', 'operator', 'superadmin')),
    made_by uuid,
    created_at timestamptz NOT NULL DEFAULT platform.now()
);
SELECT platform.declare_platform('admin.staff');
COMMENT ON COLUMN admin.staff.made_by IS 'the staff member who did it; NULL: the command line';

-- No reference to auth's sessions, which are another module's: rows go when they are old.
CREATE TABLE admin.staff_session (
    session_id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES users.person (id) ON DELETE CASCADE,
    last_used_at timestamptz NOT NULL DEFAULT platform.now()
);
CREATE INDEX staff_session_used_idx ON admin.staff_session (last_used_at);
SELECT platform.declare_platform('admin.staff_session');

CREATE TABLE admin.suspension (
    person_id uuid PRIMARY KEY REFERENCES users.person (id) ON DELETE CASCADE,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    suspended_by uuid,
    suspended_at timestamptz NOT NULL DEFAULT platform.now()
);
SELECT platform.declare_platform('admin.suspension');

-- down
DROP SCHEMA admin CASCADE;

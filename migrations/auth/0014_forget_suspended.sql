-- The trail says that somebody was suspended or restored, and not at which address: what it kept until
-- now goes the way new entries are written.
-- Lock cost: rows of the trail, found by their action and changed by nobody else; nobody waits.
-- phase: expand

UPDATE platform.audit SET
    before = CASE WHEN before ? 'email' THEN before || '{"email": "[secret]"}' ELSE before END,
    after = CASE WHEN after ? 'email' THEN after || '{"email": "[secret]"}' ELSE after END
WHERE action IN ('auth.person_suspended', 'auth.person_restored')
    AND (before ? 'email' OR after ? 'email');

-- down

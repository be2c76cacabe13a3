-- Sessions that were made without the second factor while it was being added end: confirming a factor
-- ends those without it.
-- Lock cost: rows of auth.session, of people with a factor only; nobody waits.
-- phase: expand

DELETE FROM auth.session s USING auth.totp t
WHERE t.person_id = s.person_id AND t.confirmed_at IS NOT NULL AND s.factors = 'password';

-- down

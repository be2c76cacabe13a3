-- A sign-up whose address has an account is kept until it expires, ended: signing in with its password
-- is answered as before, so that whoever made it does not learn of the account.
-- Lock cost: a column without a default; no rewrite. Binaries from before do not name it and are kept
-- from confirming an ended one by the unique address.
-- phase: expand

ALTER TABLE auth.signup ADD COLUMN ended_at timestamptz;

-- down
ALTER TABLE auth.signup DROP COLUMN ended_at;

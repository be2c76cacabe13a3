-- Wrong codes of who has not the secret of a sign-up are counted apart from those of who has it, so
-- that strangers cannot use up its code.
-- Lock cost: the table's lock for a moment; a constant default rewrites nothing. Binaries from before
-- count all tries together and leave this at 0.
-- phase: expand

ALTER TABLE auth.signup ADD COLUMN stranger_tries integer NOT NULL DEFAULT 0;

-- down
ALTER TABLE auth.signup DROP COLUMN stranger_tries;

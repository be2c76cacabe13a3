-- How each migration is taken back, in the words of the file that was applied: in development the file
-- may have been edited since (ashlar migrate redo). NULL: it has no way back, or is older than this.
-- Lock cost: a moment (a nullable column without a default rewrites nothing).
-- phase: expand

ALTER TABLE platform.migration ADD COLUMN down text;

-- down
ALTER TABLE platform.migration DROP COLUMN down;

-- Jobs that wait have the new name. No earlier binary takes them: stop the server first
-- (docs/upgrading.md).
-- Lock cost: one scan of the jobs.
-- phase: contract
-- oldest-binary: 0.1.0

UPDATE platform.job SET kind = replace(kind, 'auth.tell_guessed', 'auth.report_guessed')
WHERE kind IN ('auth.tell_guessed', 'dead:auth.tell_guessed');

-- down
UPDATE platform.job SET kind = replace(kind, 'auth.report_guessed', 'auth.tell_guessed')
WHERE kind IN ('auth.report_guessed', 'dead:auth.report_guessed');

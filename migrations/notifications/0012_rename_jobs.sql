-- Jobs that wait have the new names: to tell is to deliver. No earlier binary takes them: stop the
-- server first (docs/upgrading.md).
-- Lock cost: one scan of the jobs.
-- phase: contract
-- oldest-binary: 0.1.0

UPDATE platform.job SET kind = replace(kind, 'notifications.tell', 'notifications.deliver_copy')
WHERE kind IN ('notifications.tell', 'dead:notifications.tell');
UPDATE platform.job
SET kind = replace(kind, 'event:notifications.tell_of_', 'event:notifications.deliver_')
WHERE kind LIKE 'event:notifications.tell_of_%' OR kind LIKE 'dead:event:notifications.tell_of_%';

-- down
UPDATE platform.job
SET kind = replace(kind, 'event:notifications.deliver_', 'event:notifications.tell_of_')
WHERE kind LIKE 'event:notifications.deliver_%' OR kind LIKE 'dead:event:notifications.deliver_%';
UPDATE platform.job SET kind = replace(kind, 'notifications.deliver_copy', 'notifications.tell')
WHERE kind IN ('notifications.deliver_copy', 'dead:notifications.deliver_copy');

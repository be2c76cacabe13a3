-- A notice to others that names a person says who it is, and so does its mail: they go when that person
-- is erased. Notices from before say it of nobody and go when they are old (ASHLAR_INBOX_DAYS).
-- Lock cost: the tables' locks for a moment; columns without default rewrite nothing.
-- phase: expand

ALTER TABLE notifications.item ADD COLUMN about_id uuid;
ALTER TABLE notifications.mail ADD COLUMN about_id uuid;
COMMENT ON COLUMN notifications.item.about_id IS 'whom it names; null: nobody, or its own reader';
COMMENT ON COLUMN notifications.mail.about_id IS 'as of the notice it tells';
GRANT INSERT (about_id) ON notifications.mail TO ashlar_app;

-- down
ALTER TABLE notifications.item DROP COLUMN about_id;
ALTER TABLE notifications.mail DROP COLUMN about_id;

-- An end may be scheduled in two forms, with the period or for a date, and each is undone in its own.
-- Lock cost: payments.operation exclusively, for catalogue changes only; no row is read.
-- phase: expand

ALTER TABLE payments.operation DROP CONSTRAINT operation_kind_check;
ALTER TABLE payments.operation ADD CONSTRAINT operation_kind_check
    CHECK (kind IN ('checkout', 'expire', 'cancel', 'resume', 'resume_date', 'portal')) NOT VALID;
ALTER TABLE payments.dev_subscription ADD COLUMN cancel_at timestamptz;

-- down
ALTER TABLE payments.dev_subscription DROP COLUMN cancel_at;
DELETE FROM payments.operation WHERE kind = 'resume_date';
ALTER TABLE payments.operation DROP CONSTRAINT operation_kind_check;
ALTER TABLE payments.operation ADD CONSTRAINT operation_kind_check
    CHECK (kind IN ('checkout', 'expire', 'cancel', 'resume', 'portal'));

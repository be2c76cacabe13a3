-- Every kind of call that is stored is one of the six.
-- Lock cost: reads the table while others go on reading and writing it.
-- phase: expand

ALTER TABLE payments.operation VALIDATE CONSTRAINT operation_kind_check;

-- down
SELECT 1;

-- Every role that is stored is one of the five.
-- Lock cost: reads both tables while others go on reading and writing them.
-- phase: expand

ALTER TABLE users.membership VALIDATE CONSTRAINT membership_role_check;
ALTER TABLE users.invitation VALIDATE CONSTRAINT invitation_role_check;

-- down
SELECT 1;

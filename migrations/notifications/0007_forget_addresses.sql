-- Erasing a person takes along what is known of every address they were written to, not only of the one
-- they have: an address they asked for and never confirmed, and one they had before.
-- Lock cost: none; one function is replaced.
-- phase: expand

CREATE OR REPLACE FUNCTION notifications.forget_person(address text) RETURNS void
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    WITH gone AS (
        DELETE FROM notifications.mail m
        WHERE m.person_id = platform.current_person() OR m.to_address = forget_person.address
        RETURNING m.to_address)
    DELETE FROM notifications.suppression s
    WHERE s.address = forget_person.address OR s.address IN (SELECT to_address FROM gone);
END;
SELECT platform.declare_definer('notifications.forget_person(text)');

-- down
CREATE OR REPLACE FUNCTION notifications.forget_person(address text) RETURNS void
    LANGUAGE sql VOLATILE
BEGIN ATOMIC
    DELETE FROM notifications.mail
    WHERE person_id = platform.current_person() OR to_address = address;
    DELETE FROM notifications.suppression s WHERE s.address = forget_person.address;
END;
SELECT platform.declare_definer('notifications.forget_person(text)');

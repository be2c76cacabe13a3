-- What we learned from the provider by asking, so that an event about it is still to come.
-- Lock cost: none, everything is new.
-- phase: expand

CREATE TABLE payments.awaited (
    provider text NOT NULL CHECK (length(provider) <= 20),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    since timestamptz NOT NULL DEFAULT platform.now(),
    PRIMARY KEY (provider, subject)
);
SELECT platform.declare_platform('payments.awaited');
GRANT SELECT, INSERT, UPDATE ON payments.awaited TO ashlar_app;

-- down
DROP TABLE payments.awaited;

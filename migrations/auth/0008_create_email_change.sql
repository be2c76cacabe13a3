-- Changes of an account's address: asked for, confirmed by a link to the new one, and for a week
-- taken back by a link to the old one.
-- Lock cost: none, everything is new.
-- phase: expand

-- undo_hash is null while the change waits for the new address to be proved, and set from then on;
-- expires_at is the end of the one link, then of the other.
CREATE TABLE auth.email_change (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES users.person (id),
    old_email text NOT NULL CHECK (length(old_email) BETWEEN 3 AND 254 AND old_email = lower(old_email)),
    new_email text NOT NULL CHECK (length(new_email) BETWEEN 3 AND 254 AND new_email = lower(new_email)),
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    undo_hash bytea CHECK (length(undo_hash) = 32),
    asked_at timestamptz NOT NULL DEFAULT platform.now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT email_change_token_hash_key UNIQUE (token_hash),
    CONSTRAINT email_change_undo_hash_key UNIQUE (undo_hash)
);
CREATE INDEX email_change_person_idx ON auth.email_change (person_id);
CREATE INDEX email_change_expires_idx ON auth.email_change (expires_at);
SELECT platform.declare_person('auth.email_change');

-- Whose address does it change? Asked before anybody is known.
CREATE FUNCTION auth.email_change_by_token(hash bytea)
    RETURNS TABLE (id uuid, person_id uuid, old_email text, new_email text, asked_at timestamptz)
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        SELECT e.id, e.person_id, e.old_email, e.new_email, e.asked_at FROM auth.email_change e
        WHERE e.token_hash = hash AND e.undo_hash IS NULL AND e.expires_at > platform.now();
END
$$;
SELECT platform.declare_definer('auth.email_change_by_token(bytea)');

CREATE FUNCTION auth.email_change_by_undo(hash bytea)
    RETURNS TABLE (id uuid, person_id uuid, old_email text, new_email text, asked_at timestamptz)
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
    RETURN QUERY
        SELECT e.id, e.person_id, e.old_email, e.new_email, e.asked_at FROM auth.email_change e
        WHERE e.undo_hash = hash AND e.expires_at > platform.now();
END
$$;
SELECT platform.declare_definer('auth.email_change_by_undo(bytea)');

-- down
DROP FUNCTION auth.email_change_by_undo(bytea);
DROP FUNCTION auth.email_change_by_token(bytea);
DROP TABLE auth.email_change;

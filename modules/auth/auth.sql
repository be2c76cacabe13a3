-- name: identity_of_token
-- Runs for every signed-in request; see the function for its plan.
SELECT person_id, session_id, email, factors, signed_in_at, reauthenticated_at, stale
FROM auth.identity($1);

-- name: touch_session
UPDATE auth.session SET last_used_at = platform.now() WHERE id = $1;

-- name: identity_of_key
SELECT key_id, org_id, maker_id, scopes, stale FROM auth.identity_of_key($1);

-- name: orphan_of_key
-- The key exists and its creator does not: the reason why identity_of_key returned no row.
SELECT key_id FROM auth.orphan_of_key($1);

-- name: standing
SELECT key_id, person_id, scopes FROM auth.standing($1, $2);

-- name: keys_made_by
SELECT id, name, hint FROM auth.api_key WHERE org_id = $1 AND created_by = $2 ORDER BY id;

-- name: touch_key
UPDATE auth.api_key SET last_used_at = platform.now() WHERE id = $1;

-- name: insert_signup
INSERT INTO auth.signup (id, email, name, locale, password_hash, token_hash, code_hash,
    browser_hash, code_expires_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
    platform.now() + interval '10 minutes', platform.now() + interval '24 hours');

-- name: find_signup
SELECT id, email, name, locale, password_hash, false AS same_browser
FROM auth.signup WHERE id = $1 AND ended_at IS NULL AND expires_at > platform.now();

-- name: find_signup_of_address
-- The newest of the requesting browser, else the newest of all.
SELECT id, email, name, locale, password_hash, browser_hash = $2 AS same_browser
FROM auth.signup WHERE email = $1 AND ended_at IS NULL AND expires_at > platform.now()
ORDER BY browser_hash = $2 DESC, id DESC LIMIT 1;

-- name: renew_signup
UPDATE auth.signup SET token_hash = $2, code_hash = $3, code_tries = 0, stranger_tries = 0,
    code_expires_at = platform.now() + interval '10 minutes',
    expires_at = platform.now() + interval '24 hours'
WHERE id = $1;

-- name: lock_signups
-- All sign-ups of one address, given by it or by a token, in one lock order. Of concurrent confirmations the
-- second waits here and then finds no sign-up.
SELECT id FROM auth.signup
WHERE email = coalesce($1, (SELECT email FROM auth.signup WHERE token_hash = $2))
ORDER BY id FOR UPDATE;

-- name: find_signup_by_token
SELECT id, email, name, locale, password_hash, browser_hash = $2 AS same_browser
FROM auth.signup WHERE token_hash = $1 AND ended_at IS NULL AND expires_at > platform.now();

-- name: count_code_try
-- A wrong code counts for every open sign-up of the address; one more than the limit is stored as a mark.
-- Attempts without a sign-up's own secret are counted separately, so that they do not use up those of its
-- browser.
UPDATE auth.signup SET
    code_tries = least(code_tries + (browser_hash = $3)::int, $2::int + 1),
    stranger_tries = least(stranger_tries + (browser_hash <> $3)::int, $2::int + 1)
WHERE email = $1 AND code_expires_at > platform.now();

-- name: find_signup_by_code
SELECT id, email, name, locale, password_hash, browser_hash = $3 AS same_browser
FROM auth.signup
WHERE email = $1 AND code_hash = $2 AND ended_at IS NULL
    AND CASE WHEN browser_hash = $3 THEN code_tries ELSE stranger_tries END <= $4::int
    AND code_expires_at > platform.now()
ORDER BY browser_hash = $3 DESC, id DESC LIMIT 1;

-- name: end_signup
UPDATE auth.signup SET ended_at = platform.now() WHERE id = $1;

-- name: end_signups_of_address
-- Sign-ups of the browser that has the account ($2) are no longer needed.
WITH own AS (DELETE FROM auth.signup WHERE email = $1 AND browser_hash = $2)
UPDATE auth.signup SET ended_at = platform.now()
WHERE email = $1 AND browser_hash <> $2 AND ended_at IS NULL;

-- name: delete_signups_of_address
DELETE FROM auth.signup WHERE email = $1;

-- name: delete_signups_of_former_addresses
-- Sign-ups that ended because the address was the account's. A later sign-up with it stays valid.
DELETE FROM auth.signup
WHERE ended_at IS NOT NULL
    AND email IN (SELECT old_email FROM auth.email_change WHERE person_id = $1 AND undo_hash IS NOT NULL);

-- name: is_address_taken
SELECT EXISTS (SELECT FROM auth.credential_by_email($1));

-- name: person_of_address
SELECT person_id AS id FROM auth.credential_by_email($1);

-- name: insert_credential
INSERT INTO auth.credential (person_id, email, password_hash) VALUES ($1, $2, $3);

-- name: find_for_sign_in
-- An account's password, and that of this browser's own sign-up, ended or not. So the response to that
-- browser does not depend on an account. One query in all cases, so that its duration reveals nothing.
SELECT c.person_id, c.password_hash, coalesce(c.suspended, false) AS suspended,
    coalesce(c.has_second_factor, false) AS has_second_factor, s.password_hash AS signup_hash
FROM (VALUES (1)) AS always
LEFT JOIN auth.credential_by_email($1) AS c ON true
LEFT JOIN LATERAL (
    SELECT password_hash FROM auth.signup
    WHERE email = $1 AND browser_hash = $2 AND expires_at > platform.now()
    ORDER BY id DESC LIMIT 1) AS s ON true;

-- name: set_password_hash
UPDATE auth.credential SET password_hash = $2 WHERE person_id = $1;

-- name: email_of_person
SELECT email FROM auth.credential WHERE person_id = $1;

-- name: delete_credential
DELETE FROM auth.credential WHERE person_id = $1;

-- name: insert_session
INSERT INTO auth.session
    (id, person_id, token_hash, factors, network, user_agent, idle_for, expires_at)
VALUES ($1, $2, $3, $8, $4, $5, make_interval(days => $6::int),
    platform.now() + make_interval(days => $7::int))
RETURNING id, true AS current, factors, network, user_agent, signed_in_at, last_used_at,
    expires_at;

-- name: get_session
SELECT id, true AS current, factors, network, user_agent, signed_in_at, last_used_at, expires_at
FROM auth.session WHERE id = $1 AND person_id = $2;

-- name: list_sessions
-- $2 is NULL outside a session.
SELECT id, coalesce(id = $2, false) AS current, factors, network, user_agent, signed_in_at,
    last_used_at, expires_at
FROM auth.session
WHERE person_id = $1 AND expires_at > platform.now() AND last_used_at + idle_for > platform.now()
    AND ($3::uuid IS NULL OR id > $3)
ORDER BY id LIMIT $4;

-- name: delete_session
DELETE FROM auth.session WHERE id = $1 AND person_id = $2;

-- name: delete_sessions_of_person
DELETE FROM auth.session WHERE person_id = $1;

-- name: delete_other_sessions
DELETE FROM auth.session WHERE person_id = $1 AND id <> $2;

-- name: get_account
SELECT c.person_id, c.email, c.verified_at, c.suspended_at,
    EXISTS (SELECT FROM auth.totp t
        WHERE t.person_id = c.person_id AND t.confirmed_at IS NOT NULL) AS has_second_factor,
    (SELECT count(*) FROM auth.session s
     WHERE s.person_id = c.person_id AND s.expires_at > platform.now()
         AND s.last_used_at + s.idle_for > platform.now()) AS sessions
FROM auth.credential c WHERE c.person_id = $1;

-- name: set_suspended
UPDATE auth.credential SET suspended_at = CASE WHEN $2 THEN platform.now() END
WHERE person_id = $1 AND (suspended_at IS NOT NULL) <> $2;

-- name: lock_throttles
-- Locks both rows, the account's first, and returns the remaining seconds of the longer block. No block is a
-- time long ago: "now" of a transaction that began later and locked first would be in the future.
WITH locked AS (
    INSERT INTO auth.throttle AS t (key, blocked_until) VALUES ($1, 'epoch'), ($2, 'epoch')
    ON CONFLICT (key) DO UPDATE SET key = excluded.key
    RETURNING t.blocked_until)
SELECT greatest(0, ceil(extract(epoch FROM max(blocked_until) - platform.now())))::bigint
FROM locked;

-- name: count_failure
-- Above `free` attempts each one doubles the block, up to 15 minutes; a day without an attempt resets the
-- count.
UPDATE auth.throttle AS t SET
    tries = next.tries,
    since = platform.now(),
    blocked_until = CASE WHEN next.delay_s = 0 THEN 'epoch'
        ELSE platform.now() + next.delay_s * interval '1 second' END
FROM (
    SELECT n AS tries, CASE WHEN n < $2::int THEN 0 ELSE least(900, 2 ^ least(n - $2::int, 10)) END
        AS delay_s
    FROM (
        SELECT CASE WHEN since < platform.now() - interval '1 day' THEN 1 ELSE tries + 1 END AS n
        FROM auth.throttle WHERE key = $1) AS counted) AS next
WHERE t.key = $1;

-- name: take_back_failure
-- It was not blocked when the attempt was counted, so it is not blocked now.
UPDATE auth.throttle SET tries = greatest(0, tries - 1), blocked_until = 'epoch'
WHERE key = $1;

-- name: clear_throttle
DELETE FROM auth.throttle WHERE key = $1;

-- name: spend
-- Fixed windows of $2 hours: the number of requests in the present one, including this one.
INSERT INTO auth.throttle AS t (key, tries) VALUES ($1, 1)
ON CONFLICT (key) DO UPDATE SET
    tries = CASE WHEN t.since <= platform.now() - make_interval(hours => $2::int) THEN 1 ELSE t.tries + 1 END,
    since = CASE WHEN t.since <= platform.now() - make_interval(hours => $2::int) THEN platform.now()
        ELSE t.since END
RETURNING tries;

-- name: delete_expired_signups
-- By ctid, so that the plan does not depend on statistics. A sign-up renewed concurrently is kept: the
-- condition is repeated in a form that matches no index.
DELETE FROM auth.signup
WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM auth.signup WHERE expires_at <= platform.now() LIMIT $1::bigint))
    AND platform.now() - expires_at >= interval '0';

-- name: delete_expired_sessions
-- As sign-ups.
DELETE FROM auth.session
WHERE ctid = ANY (ARRAY(
        (SELECT ctid FROM auth.session WHERE expires_at <= platform.now() LIMIT $1::bigint)
        UNION ALL
        (SELECT ctid FROM auth.session WHERE last_used_at + idle_for <= platform.now() LIMIT $1::bigint)))
    AND (platform.now() - expires_at >= interval '0' OR platform.now() - last_used_at >= idle_for);

-- name: delete_idle_throttles
-- As sign-ups.
DELETE FROM auth.throttle
WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM auth.throttle
        WHERE since < platform.now() - interval '1 day' AND since + forget_after < platform.now()
            AND blocked_until <= platform.now() LIMIT $1::bigint))
    AND platform.now() - since > interval '1 day' AND platform.now() - since > forget_after
    AND blocked_until <= platform.now();

-- name: count_guess
-- Consecutive wrong ones: a correct one deletes the row.
INSERT INTO auth.throttle AS t (key, tries, forget_after) VALUES ($1, 1, interval '90 days')
ON CONFLICT (key) DO UPDATE SET tries = t.tries + 1, since = platform.now()
RETURNING tries;

-- name: note_reauthentication
-- By a second factor ($3), which is then recorded in the session.
UPDATE auth.session SET reauthenticated_at = platform.now(),
    factors = CASE WHEN $3::text IS NULL OR factors <> 'password' THEN factors
        ELSE 'password ' || $3 END
WHERE id = $1 AND person_id = $2;

-- name: find_own_factors
SELECT factors FROM auth.session WHERE id = $1 AND person_id = $2;

-- name: note_factors
UPDATE auth.session SET factors = $3, reauthenticated_at = platform.now() WHERE id = $1 AND person_id = $2;

-- name: forget_factors
UPDATE auth.session SET factors = 'password' WHERE person_id = $1;

-- name: hold_credential
-- The account is unchanged since the password was compared. Changes lock it first, so a session created here
-- is either revoked by the change or never created.
SELECT person_id FROM auth.credential
WHERE person_id = $1 AND suspended_at IS NULL AND ($2::text IS NULL OR password_hash = $2)
FOR SHARE;

-- name: lock_credential
-- As hold_credential, for changes.
SELECT person_id FROM auth.credential
WHERE person_id = $1 AND suspended_at IS NULL AND ($2::text IS NULL OR password_hash = $2)
FOR NO KEY UPDATE;

-- name: lock_account
-- The same, also for suspended persons.
SELECT person_id FROM auth.credential WHERE person_id = $1 FOR NO KEY UPDATE;

-- name: insert_totp
-- An unconfirmed one is replaced.
INSERT INTO auth.totp AS t (person_id, secret) VALUES ($1, $2)
ON CONFLICT (person_id) DO UPDATE SET secret = excluded.secret, created_at = platform.now()
WHERE t.confirmed_at IS NULL;

-- name: find_totp
SELECT translate(encode(secret, 'base64'), '+/=' || chr(10), '-_') AS secret, confirmed_at
FROM auth.totp WHERE person_id = $1;

-- name: lock_totp
SELECT translate(encode(secret, 'base64'), '+/=' || chr(10), '-_') AS secret, confirmed_at
FROM auth.totp WHERE person_id = $1 FOR UPDATE;

-- name: take_totp_step
UPDATE auth.totp SET last_step = $2 WHERE person_id = $1 AND last_step < $2;

-- name: set_totp_confirmed
UPDATE auth.totp SET confirmed_at = platform.now(), last_step = $2
WHERE person_id = $1 AND confirmed_at IS NULL;

-- name: delete_totp
-- Whether a confirmed one was deleted; an unconfirmed one is deleted, too.
WITH gone AS (DELETE FROM auth.totp WHERE person_id = $1 RETURNING confirmed_at)
SELECT EXISTS (SELECT FROM gone WHERE confirmed_at IS NOT NULL);

-- name: insert_recovery_code
INSERT INTO auth.recovery_code (person_id, code_hash) VALUES ($1, $2);

-- name: delete_recovery_code
DELETE FROM auth.recovery_code WHERE person_id = $1 AND code_hash = $2;

-- name: delete_recovery_codes
DELETE FROM auth.recovery_code WHERE person_id = $1;

-- name: count_recovery_codes
SELECT count(*) FROM auth.recovery_code WHERE person_id = $1;

-- name: insert_challenge
INSERT INTO auth.challenge (id, person_id, token_hash, expires_at)
VALUES ($1, $2, $3, platform.now() + interval '10 minutes')
RETURNING expires_at;

-- name: try_challenge
SELECT id, person_id, email FROM auth.try_challenge($1, $2);

-- name: take_challenge
DELETE FROM auth.challenge WHERE id = $1 AND expires_at > platform.now();

-- name: delete_challenges
DELETE FROM auth.challenge WHERE person_id = $1;

-- name: delete_expired_challenges
-- As sign-ups.
DELETE FROM auth.challenge
WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM auth.challenge WHERE expires_at <= platform.now() LIMIT $1::bigint))
    AND platform.now() - expires_at >= interval '0';

-- name: delete_expired_resets
-- As sign-ups.
DELETE FROM auth.password_reset
WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM auth.password_reset WHERE expires_at <= platform.now() LIMIT $1::bigint))
    AND platform.now() - expires_at >= interval '0';

-- name: insert_reset
-- Only the newest link works.
WITH older AS (DELETE FROM auth.password_reset WHERE person_id = $2)
INSERT INTO auth.password_reset (id, person_id, token_hash, expires_at)
VALUES ($1, $2, $3, platform.now() + interval '30 minutes');

-- name: find_reset
SELECT id, person_id, email FROM auth.reset_by_token($1);

-- name: take_reset
DELETE FROM auth.password_reset WHERE id = $1 AND expires_at > platform.now();

-- name: delete_resets
DELETE FROM auth.password_reset WHERE person_id = $1;

-- name: insert_email_change
-- From the account's current address. Only the newest pending change is kept.
WITH older AS (DELETE FROM auth.email_change WHERE person_id = $2 AND undo_hash IS NULL)
INSERT INTO auth.email_change (id, person_id, old_email, new_email, token_hash, expires_at)
SELECT $1, c.person_id, c.email, $3, $4, platform.now() + interval '1 hour'
FROM auth.credential c WHERE c.person_id = $2;

-- name: get_email_change
SELECT id, person_id, old_email, new_email, asked_at FROM auth.email_change
WHERE id = $1 AND expires_at > platform.now();

-- name: find_email_change
-- Of the acting person: another person's link is not found.
SELECT id, person_id, old_email, new_email, asked_at FROM auth.email_change
WHERE token_hash = $1 AND person_id = $2 AND undo_hash IS NULL AND expires_at > platform.now();

-- name: find_email_undo
SELECT id, person_id, old_email, new_email, asked_at FROM auth.email_change_by_undo($1);

-- name: confirm_email_change
UPDATE auth.email_change SET undo_hash = $2, expires_at = platform.now() + interval '7 days'
WHERE id = $1 AND undo_hash IS NULL AND expires_at > platform.now();

-- name: undo_email_change
-- With all later changes. Links of earlier ones stay valid.
DELETE FROM auth.email_change
WHERE person_id = $1 AND id >= $2
    AND EXISTS (SELECT FROM auth.email_change WHERE id = $2 AND undo_hash IS NOT NULL);

-- name: delete_waiting_email_change
DELETE FROM auth.email_change WHERE person_id = $1 AND undo_hash IS NULL;

-- name: delete_email_changes
DELETE FROM auth.email_change WHERE person_id = $1;

-- name: delete_expired_email_changes
-- As sign-ups.
DELETE FROM auth.email_change
WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM auth.email_change WHERE expires_at <= platform.now() LIMIT $1::bigint))
    AND platform.now() - expires_at >= interval '0';

-- name: set_email
UPDATE auth.credential SET email = $3, verified_at = platform.now()
WHERE person_id = $1 AND email = $2 AND suspended_at IS NULL;

-- name: restore_email
UPDATE auth.credential SET email = $2, verified_at = platform.now(), password_hash = $3
WHERE person_id = $1;

-- name: delete_totp_since
DELETE FROM auth.totp WHERE person_id = $1 AND created_at >= $2;

-- name: find_person_by_email
SELECT person_id, suspended FROM auth.credential_by_email($1);

-- name: insert_key
INSERT INTO auth.api_key
    (org_id, id, name, token_hash, hint, scopes, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, string_to_array($6, '|'), $7, $8)
RETURNING id, name, hint, scopes, scopes AS effective_scopes, 'active' AS state, created_by,
    created_at, expires_at, last_used_at;

-- name: list_keys
-- The service computes the effective scopes and the state, which depend on the responsible person.
SELECT id, name, hint, scopes, scopes AS effective_scopes,
    CASE WHEN expires_at <= platform.now() THEN 'expired' ELSE 'active' END AS state, created_by,
    created_at, expires_at, last_used_at
FROM auth.api_key WHERE org_id = $1 AND ($2::uuid IS NULL OR id > $2)
ORDER BY id LIMIT $3;

-- name: lock_key
SELECT id, name, hint, scopes, scopes AS effective_scopes,
    CASE WHEN expires_at <= platform.now() THEN 'expired' ELSE 'active' END AS state, created_by,
    created_at, expires_at, last_used_at
FROM auth.api_key WHERE org_id = $1 AND id = $2 FOR UPDATE;

-- name: adopt_key
UPDATE auth.api_key SET created_by = $3 WHERE org_id = $1 AND id = $2;

-- name: orgs_with_my_keys
SELECT id FROM auth.orgs_with_my_keys($1);

-- name: orgs_with_keys_of
-- Across tenants, as the system.
SELECT DISTINCT org_id AS id FROM auth.api_key WHERE created_by = $1 ORDER BY id LIMIT $2;

-- name: count_keys
SELECT count(*) FROM auth.api_key WHERE org_id = $1;

-- name: delete_key
DELETE FROM auth.api_key WHERE org_id = $1 AND id = $2;

-- name: delete_keys_of_org
DELETE FROM auth.api_key WHERE org_id = $1;

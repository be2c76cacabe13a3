-- name: lock_catalog
SELECT pg_advisory_xact_lock(hashtextextended('payments.catalog', 0));

-- name: current_plan
SELECT id, key, version, name, description, is_default, position, digest
FROM payments.plan WHERE key = $1 AND retired_at IS NULL;

-- name: next_plan_version
SELECT coalesce(max(version), 0) + 1 FROM payments.plan WHERE key = $1;

-- name: retire_plan
UPDATE payments.plan SET retired_at = platform.now() WHERE id = $1 AND retired_at IS NULL;

-- name: clear_default_plan
UPDATE payments.plan SET is_default = false WHERE is_default AND retired_at IS NULL AND key <> $1;

-- name: insert_plan
INSERT INTO payments.plan (id, key, version, name, description, is_default, position, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: describe_plan
UPDATE payments.plan SET name = $2, description = $3, is_default = $4, position = $5 WHERE id = $1;

-- name: insert_price
INSERT INTO payments.price (id, plan_id, currency, period, amount_minor, provider_price)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: insert_plan_entitlement
INSERT INTO payments.plan_entitlement (plan_id, name, most)
VALUES ($1, $2, CASE WHEN $4::boolean THEN $3::bigint END);

-- name: list_current_plans
SELECT id, key, version, name, description, is_default, position, digest
FROM payments.plan WHERE retired_at IS NULL ORDER BY position, key;

-- name: list_current_prices
SELECT r.id, r.plan_id, p.key AS plan, p.name AS plan_name, r.currency, r.period, r.amount_minor,
    r.provider_price
FROM payments.price r JOIN payments.plan p ON p.id = r.plan_id
WHERE p.retired_at IS NULL ORDER BY p.position, p.key, r.currency, r.period;

-- name: list_current_entitlements
SELECT e.plan_id, e.name, coalesce(e.most, 0) AS most, e.most IS NOT NULL AS is_limited
FROM payments.plan_entitlement e JOIN payments.plan p ON p.id = e.plan_id
WHERE p.retired_at IS NULL ORDER BY e.plan_id, e.name;

-- name: find_price
SELECT r.id, r.plan_id, p.key AS plan, p.name AS plan_name, r.currency, r.period, r.amount_minor,
    r.provider_price
FROM payments.price r JOIN payments.plan p ON p.id = r.plan_id
WHERE p.retired_at IS NULL AND p.key = $1 AND r.currency = $2 AND r.period = $3;

-- name: get_price
SELECT r.id, r.plan_id, p.key AS plan, p.name AS plan_name, r.currency, r.period, r.amount_minor,
    r.provider_price
FROM payments.price r JOIN payments.plan p ON p.id = r.plan_id WHERE r.id = $1;

-- name: find_provider_price
-- A price of the provider may be in several versions of a plan: the newest counts.
SELECT r.id, r.plan_id, p.key AS plan, p.name AS plan_name, r.currency, r.period, r.amount_minor,
    r.provider_price
FROM payments.price r JOIN payments.plan p ON p.id = r.plan_id
WHERE r.provider_price = $1 ORDER BY p.created_at DESC LIMIT 1;

-- name: default_grant
-- The default plan, without a subscription. No row: the catalogue is empty.
SELECT p.id AS plan_id, p.key AS plan, e.name IS NOT NULL AS stated,
    coalesce(e.most, 0) AS most, e.most IS NOT NULL AS is_limited
FROM payments.plan p LEFT JOIN payments.plan_entitlement e ON e.plan_id = p.id AND e.name = $1
WHERE p.is_default AND p.retired_at IS NULL;

-- name: plan_grant
SELECT p.id AS plan_id, p.key AS plan, e.name IS NOT NULL AS stated,
    coalesce(e.most, 0) AS most, e.most IS NOT NULL AS is_limited
FROM payments.plan p LEFT JOIN payments.plan_entitlement e ON e.plan_id = p.id AND e.name = $2
WHERE p.id = $1;

-- name: ensure_account
INSERT INTO payments.account (org_id) VALUES ($1) ON CONFLICT (org_id) DO NOTHING;

-- name: lock_account
SELECT org_id, provider, customer FROM payments.account WHERE org_id = $1 FOR NO KEY UPDATE;

-- name: set_customer
UPDATE payments.account SET provider = $2, customer = $3
WHERE org_id = $1 AND (provider IS DISTINCT FROM $2 OR customer IS DISTINCT FROM $3);

-- name: forget_customer
UPDATE payments.account SET customer = NULL WHERE org_id = $1 AND provider = $2 AND customer = $3;

-- name: insert_checkout
INSERT INTO payments.checkout (org_id, id, price_id, provider, email, customer, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: open_checkout
SELECT k.org_id, k.id, k.price_id, k.state, k.provider, k.email, k.customer, k.session, k.url,
    k.why, k.expires_at, k.created_at, k.decline_code, k.declined_at, k.declines
FROM payments.checkout k WHERE k.org_id = $1 AND k.state = 'open';

-- name: last_checkout
SELECT k.org_id, k.id, k.price_id, k.state, k.provider, k.email, k.customer, k.session, k.url,
    k.why, k.expires_at, k.created_at, k.decline_code, k.declined_at, k.declines
FROM payments.checkout k WHERE k.org_id = $1 ORDER BY k.id DESC LIMIT 1;

-- name: get_checkout
SELECT k.org_id, k.id, k.price_id, k.state, k.provider, k.email, k.customer, k.session, k.url,
    k.why, k.expires_at, k.created_at, k.decline_code, k.declined_at, k.declines
FROM payments.checkout k WHERE k.org_id = $1 AND k.id = $2;

-- name: checkout_of_session
SELECT k.org_id, k.id, k.price_id, k.state, k.provider, k.email, k.customer, k.session, k.url,
    k.why, k.expires_at, k.created_at, k.decline_code, k.declined_at, k.declines
FROM payments.checkout k WHERE k.provider = $1 AND k.session = $2;

-- name: checkout_of_email
-- Few checkouts are open at a time. By checkout_due_idx.
SELECT k.org_id, k.id, k.price_id, k.state, k.provider, k.email, k.customer, k.session, k.url,
    k.why, k.expires_at, k.created_at, k.decline_code, k.declined_at, k.declines
FROM payments.checkout k WHERE k.provider = $1 AND k.state = 'open' AND k.email = lower($2)
ORDER BY k.created_at DESC LIMIT 1;

-- name: note_decline
-- Several events report one attempt, in any order: the last twenty ids are stored.
UPDATE payments.checkout SET declines = declines + 1,
    decline_ids = (decline_ids || $3::text)[greatest(1, cardinality(decline_ids) - 18):],
    decline_code = CASE WHEN declined_at > $5 THEN decline_code ELSE $4 END,
    declined_at = greatest(declined_at, $5)
WHERE org_id = $1 AND id = $2 AND NOT $3 = ANY (decline_ids);

-- name: answer_checkout
UPDATE payments.checkout SET session = $3, url = $4 WHERE org_id = $1 AND id = $2;

-- name: settle_checkout
UPDATE payments.checkout SET state = $3, why = $4, settled_at = platform.now()
WHERE org_id = $1 AND id = $2 AND state <> 'completed';

-- name: list_open_checkouts
-- Old enough that an event was due. By checkout_due_idx.
SELECT k.org_id, k.id, k.price_id, k.state, k.provider, k.email, k.customer, k.session, k.url,
    k.why, k.expires_at, k.created_at, k.decline_code, k.declined_at, k.declines
FROM payments.checkout k
WHERE k.state = 'open' AND k.session IS NOT NULL AND k.provider = $1
    AND k.created_at <= platform.now() - interval '10 minutes'
ORDER BY k.expires_at LIMIT 100;

-- name: insert_operation
INSERT INTO payments.operation (org_id, id, kind, subject, key) VALUES ($1, $2, $3, $4, $5);

-- name: find_operation
SELECT org_id, id, kind, subject, key, state, attempts, why,
    created_at + interval '23 hours' <= platform.now() AS is_old
FROM payments.operation WHERE org_id = $1 AND kind = $2 AND subject = $3
ORDER BY id DESC LIMIT 1;

-- name: get_operation
SELECT org_id, id, kind, subject, key, state, attempts, why,
    created_at + interval '23 hours' <= platform.now() AS is_old
FROM payments.operation WHERE org_id = $1 AND id = $2;

-- name: overtake_operation
-- An operation that waits for a retry, not one that is running.
UPDATE payments.operation SET state = 'refused', why = 'A later request replaced it.',
    settled_at = platform.now()
WHERE org_id = $1 AND kind = $2 AND subject = $3 AND state = 'pending'
    AND (busy_until IS NULL OR busy_until <= platform.now());

-- name: claim_operation
-- One caller at a time; after a crash the lease expires and the next caller continues.
UPDATE payments.operation SET busy_until = platform.now() + interval '40 seconds',
    attempts = attempts + 1
WHERE org_id = $1 AND id = $2 AND state = 'pending'
    AND (busy_until IS NULL OR busy_until <= platform.now())
RETURNING org_id, id, kind, subject, key, state, attempts, why,
    created_at + interval '23 hours' <= platform.now() AS is_old;

-- name: settle_operation
UPDATE payments.operation SET state = $3, why = $4, busy_until = NULL,
    settled_at = CASE WHEN $3 <> 'pending' THEN platform.now() END
WHERE org_id = $1 AND id = $2 AND state IN ('pending', 'unknown');

-- name: list_stuck_operations
SELECT org_id, id, kind, subject, key, state, attempts, why,
    created_at + interval '23 hours' <= platform.now() AS is_old
FROM payments.operation
WHERE state = 'pending' AND (busy_until IS NULL OR busy_until <= platform.now())
    AND kind <> 'portal' -- a link nobody waits for any more
    AND created_at <= platform.now() - make_interval(secs => 20 + least(10 * attempts * attempts, 7200))
ORDER BY created_at LIMIT 50;

-- name: next_fetch_sequence
INSERT INTO payments.fetch_sequence AS t (provider, external_id, taken) VALUES ($1, $2, 1)
ON CONFLICT (provider, external_id) DO UPDATE SET taken = t.taken + 1
RETURNING taken;

-- name: find_subscription_org
SELECT org_id FROM payments.subscription WHERE provider = $1 AND external_id = $2;

-- name: is_known_subscription
-- Of a present or a deleted organisation.
SELECT EXISTS (SELECT FROM payments.subscription WHERE provider = $1 AND external_id = $2)
    OR EXISTS (SELECT FROM payments.pending_cancellation WHERE provider = $1 AND external_id = $2);

-- name: find_customer_org
-- The organisation that has it now, else its last buyer.
SELECT org_id FROM (
    SELECT org_id, 'infinity'::timestamptz AS at FROM payments.account
    WHERE provider = $1 AND customer = $2
    UNION ALL
    SELECT org_id, started_at FROM payments.subscription WHERE provider = $1 AND customer = $2
) k ORDER BY at DESC LIMIT 1;

-- name: get_subscription
SELECT s.id, s.provider, s.external_id, s.customer, s.plan_id, p.key AS plan, s.price_id, s.status,
    s.cancel_at_period_end, s.started_at, s.period_start, s.period_end, s.cancel_at, s.ended_at,
    s.unpaid_since, s.provider_price, s.unknown_price, s.fetch_sequence, s.fetched_at
FROM payments.subscription s JOIN payments.plan p ON p.id = s.plan_id
WHERE s.org_id = $1 AND s.provider = $2 AND s.external_id = $3;

-- name: list_subscriptions
SELECT s.id, s.provider, s.external_id, s.customer, s.plan_id, p.key AS plan, s.price_id, s.status,
    s.cancel_at_period_end, s.started_at, s.period_start, s.period_end, s.cancel_at, s.ended_at,
    s.unpaid_since, s.provider_price, s.unknown_price, s.fetch_sequence, s.fetched_at
FROM payments.subscription s JOIN payments.plan p ON p.id = s.plan_id
WHERE s.org_id = $1 ORDER BY s.started_at DESC, s.external_id DESC LIMIT 20;

-- name: upsert_subscription
-- A response that is older than the stored one changes nothing.
INSERT INTO payments.subscription AS s (org_id, id, provider, external_id, customer, plan_id,
    price_id, status, cancel_at_period_end, started_at, period_start, period_end, cancel_at,
    ended_at, unpaid_since, provider_price, unknown_price, fetch_sequence)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT (provider, external_id) DO UPDATE SET customer = excluded.customer,
    plan_id = excluded.plan_id, price_id = excluded.price_id, status = excluded.status,
    cancel_at_period_end = excluded.cancel_at_period_end, started_at = excluded.started_at,
    period_start = excluded.period_start, period_end = excluded.period_end,
    cancel_at = excluded.cancel_at, ended_at = excluded.ended_at,
    unpaid_since = excluded.unpaid_since, provider_price = excluded.provider_price,
    unknown_price = excluded.unknown_price, fetch_sequence = excluded.fetch_sequence, fetched_at = platform.now()
WHERE s.fetch_sequence < excluded.fetch_sequence;

-- name: end_vanished
-- The provider no longer has it. Its status stays the provider's last one, so that it is checked again.
UPDATE payments.subscription SET ended_at = $5, fetch_sequence = $4, fetched_at = platform.now()
WHERE org_id = $1 AND provider = $2 AND external_id = $3 AND ended_at IS NULL AND fetch_sequence < $4;

-- name: note_asked
UPDATE payments.subscription SET fetched_at = platform.now()
WHERE org_id = $1 AND provider = $2 AND external_id = $3;

-- name: forget_end_announced
UPDATE payments.subscription SET end_announced_at = NULL WHERE org_id = $1 AND id = $2;

-- name: list_stale_subscriptions
SELECT org_id, external_id AS id FROM payments.subscription
WHERE provider = $1 AND status NOT IN ('canceled', 'incomplete_expired')
    AND (fetched_at <= platform.now() - make_interval(hours => $2::int)
        OR unknown_price IS NOT NULL) -- the plans file may have it by now
    AND (ended_at IS NULL -- else it was gone, and may come back
        OR ended_at > platform.now() - make_interval(days => $3::int))
ORDER BY fetched_at LIMIT 200;

-- name: list_unannounced_ends
-- Ended by our clock, not announced yet. By subscription_end_idx.
SELECT org_id, external_id AS id FROM payments.subscription
WHERE provider = $1 AND end_announced_at IS NULL AND ended_at IS NULL
    AND status NOT IN ('canceled', 'incomplete', 'incomplete_expired')
    AND least(CASE WHEN cancel_at_period_end THEN period_end END, cancel_at) <= platform.now()
ORDER BY least(CASE WHEN cancel_at_period_end THEN period_end END, cancel_at) LIMIT 100;

-- name: list_losses
-- Ends without a warning yet, and expired days of grace. By subscription_end_idx and
-- subscription_past_due_idx.
(SELECT org_id, external_id AS id FROM payments.subscription
WHERE provider = $1 AND end_announced_at IS NULL AND ended_at IS NULL
    AND status NOT IN ('canceled', 'incomplete', 'incomplete_expired')
    AND least(CASE WHEN cancel_at_period_end THEN period_end END, cancel_at)
        <= platform.now() + make_interval(days => $3::int)
    AND warned_of IS DISTINCT FROM
        least(CASE WHEN cancel_at_period_end THEN period_end END, cancel_at)
ORDER BY least(CASE WHEN cancel_at_period_end THEN period_end END, cancel_at) LIMIT 100)
UNION
(SELECT org_id, external_id FROM payments.subscription
WHERE provider = $1 AND status = 'past_due' AND limited_announced_at IS NULL AND ended_at IS NULL
    AND coalesce(unpaid_since, period_start)
        <= platform.now() + make_interval(days => $3::int - $2::int)
    AND (warned_of IS DISTINCT FROM
            coalesce(unpaid_since, period_start) + make_interval(hours => 24 * $2::int)
        OR coalesce(unpaid_since, period_start)
            <= platform.now() - make_interval(hours => 24 * $2::int))
ORDER BY coalesce(unpaid_since, period_start) LIMIT 100);

-- name: note_limited_announced
UPDATE payments.subscription SET limited_announced_at = platform.now()
WHERE org_id = $1 AND id = $2 AND limited_announced_at IS NULL;

-- name: note_warned
UPDATE payments.subscription SET warned_of = $3
WHERE org_id = $1 AND id = $2 AND warned_of IS DISTINCT FROM $3;

-- name: forget_limited_announced
UPDATE payments.subscription SET limited_announced_at = NULL
WHERE org_id = $1 AND id = $2 AND limited_announced_at IS NOT NULL;

-- name: note_end_announced
UPDATE payments.subscription SET end_announced_at = platform.now()
WHERE org_id = $1 AND provider = $2 AND external_id = $3 AND end_announced_at IS NULL;

-- name: count_live_subscriptions
SELECT count(*) FROM payments.subscription
WHERE status NOT IN ('canceled', 'incomplete_expired') AND ended_at IS NULL;

-- name: insert_webhook
-- No conflict target: it would require permission to read the columns, and this role may only insert.
INSERT INTO payments.webhook (id, provider, external_id, type, subject_kind, subject, body)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING;

-- name: get_webhook
SELECT id, provider, external_id, type, subject_kind, subject, done_at FROM payments.webhook
WHERE id = $1;

-- name: finish_webhook
UPDATE payments.webhook SET done_at = platform.now() WHERE id = $1;

-- name: webhook_silence
-- Seconds since the last received event. NULL becomes 0: none was ever received.
SELECT coalesce(extract(epoch FROM platform.now() - max(received_at)), 0)::bigint
FROM payments.webhook WHERE provider = $1;

-- name: sweep_webhooks
-- By ctid. An event that could not be processed has a dead job, which may be retried for a while.
DELETE FROM payments.webhook WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM payments.webhook
    WHERE received_at < platform.now() - interval '45 days'
        AND (done_at IS NOT NULL OR received_at < platform.now() - interval '90 days')
    LIMIT $1::bigint));

-- name: list_cancellations_due
-- Objects that the provider must end with this organisation.
SELECT 'subscription' AS kind, provider, customer, external_id FROM payments.subscription
WHERE org_id = $1 AND status NOT IN ('canceled', 'incomplete_expired')
UNION ALL
SELECT 'checkout', provider, customer, session FROM payments.checkout
WHERE org_id = $1 AND state = 'open' AND session IS NOT NULL;

-- name: insert_pending_cancellation
-- No conflict target: it would require permission to read the columns, and this role may only insert.
INSERT INTO payments.pending_cancellation (id, org_id, provider, customer, kind, external_id, key)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING;

-- name: find_pending_cancellation
-- Of a deleted organisation: by the object, by our metadata, by its customer.
SELECT id, org_id, kind, provider, customer, external_id, key FROM payments.pending_cancellation
WHERE provider = $1 AND (external_id = $2 OR org_id = $3 OR customer = $4)
ORDER BY external_id = $2 DESC LIMIT 1;

-- name: has_customer_left
SELECT EXISTS (SELECT FROM payments.pending_cancellation WHERE provider = $1 AND customer = $2);

-- name: list_pending_cancellations
SELECT id, org_id, kind, provider, customer, external_id, key FROM payments.pending_cancellation
WHERE done_at IS NULL AND provider = $1 AND (tried_at IS NULL
    OR tried_at <= platform.now() - make_interval(secs => least(10 * attempts * attempts, 7200)))
ORDER BY created_at LIMIT 50;

-- name: try_pending_cancellation
UPDATE payments.pending_cancellation SET attempts = attempts + 1, tried_at = platform.now()
WHERE id = $1 AND done_at IS NULL
RETURNING id, org_id, kind, provider, customer, external_id, key;

-- name: finish_pending_cancellation
UPDATE payments.pending_cancellation SET done_at = platform.now() WHERE id = $1 AND done_at IS NULL;

-- name: reopen_pending_cancellation
UPDATE payments.pending_cancellation SET done_at = NULL, attempts = 0, tried_at = NULL,
    created_at = platform.now()
WHERE id = $1 AND done_at IS NOT NULL;

-- name: oldest_pending_cancellation
-- Seconds since the oldest pending one was created, for all providers; 0: none is pending.
SELECT coalesce(extract(epoch FROM platform.now() - min(created_at)), 0)::bigint
FROM payments.pending_cancellation WHERE done_at IS NULL;

-- name: sweep_pending_cancellations
-- By ctid. A completed row is only updated when it is reopened, and then kept.
DELETE FROM payments.pending_cancellation WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM payments.pending_cancellation
    WHERE done_at < platform.now() - interval '90 days' LIMIT $1::bigint));

-- name: get_refund_dispute_status
SELECT status FROM payments.refund_dispute WHERE provider = $1 AND external_id = $2;

-- name: upsert_refund_dispute
-- A response that is older than the stored one changes nothing.
INSERT INTO payments.refund_dispute AS r (id, org_id, provider, kind, external_id, customer, amount_minor,
    currency, status, reason, made_at, respond_by, fetch_sequence)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (provider, external_id) DO UPDATE SET org_id = coalesce(excluded.org_id, r.org_id),
    customer = excluded.customer, amount_minor = excluded.amount_minor,
    currency = excluded.currency, status = excluded.status, reason = excluded.reason,
    respond_by = excluded.respond_by, fetch_sequence = excluded.fetch_sequence, fetched_at = platform.now()
WHERE r.fetch_sequence < excluded.fetch_sequence
RETURNING id, kind, external_id, amount_minor, currency, status, reason, made_at, respond_by;

-- name: list_refunds_and_disputes
SELECT id, kind, external_id, amount_minor, currency, status, reason, made_at, respond_by
FROM payments.refund_dispute WHERE org_id = $1 ORDER BY made_at DESC, id DESC LIMIT 20;

-- name: expect_event_of
INSERT INTO payments.expected_event AS a (provider, subject) VALUES ($1, $2)
ON CONFLICT (provider, subject) DO UPDATE SET since = excluded.since
    WHERE a.since <= platform.now() - interval '1 day';

-- name: event_came
DELETE FROM payments.expected_event WHERE provider = $1 AND subject = $2;

-- name: sweep_expected_events
-- By ctid; a row whose event is expected again is kept.
DELETE FROM payments.expected_event
WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM payments.expected_event WHERE since < platform.now() - interval '7 days' LIMIT $1::bigint))
    AND platform.now() - since > interval '7 days';

-- name: callback_overdue
-- Age of the oldest missing event about a change that was found by polling. After a day it is no longer
-- expected: its content is known.
SELECT coalesce(extract(epoch FROM platform.now() - min(since)), 0)::bigint
FROM payments.expected_event WHERE since > platform.now() - interval '1 day';

-- name: purge_operations
DELETE FROM payments.operation WHERE org_id = $1;

-- name: purge_checkouts
DELETE FROM payments.checkout WHERE org_id = $1;

-- name: purge_subscriptions
DELETE FROM payments.subscription WHERE org_id = $1;

-- name: purge_account
DELETE FROM payments.account WHERE org_id = $1;

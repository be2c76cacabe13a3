-- name: now
SELECT platform.now() + ahead AS at FROM payments_simulator.clock;

-- name: move_clock
UPDATE payments_simulator.clock SET ahead = ahead + make_interval(days => $1::int);

-- name: insert_session
INSERT INTO payments_simulator.session (id, key, org, checkout, price, label, period, customer,
    success_url, cancel_url, expires_at, amount_minor, currency, provider_price)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (key) DO NOTHING;

-- name: session_of_key
SELECT id, org, checkout, price, label, period, customer, success_url, cancel_url, status,
    subscription, expires_at, amount_minor, currency, provider_price
FROM payments_simulator.session WHERE key = $1;

-- name: get_session
SELECT id, org, checkout, price, label, period, customer, success_url, cancel_url, status,
    subscription, expires_at, amount_minor, currency, provider_price
FROM payments_simulator.session WHERE id = $1 FOR UPDATE;

-- name: settle_session
UPDATE payments_simulator.session SET status = $2, subscription = $3 WHERE id = $1;

-- name: insert_subscription
INSERT INTO payments_simulator.subscription (id, customer, org, checkout, price, period, status,
    card_fails, created_at, amount_minor, currency, provider_price, period_start, period_end)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::timestamptz, $10, $11, $12, $9, $9 + CASE $6 WHEN 'year'
    THEN interval '1 year' ELSE interval '1 month' END);

-- name: get_subscription
SELECT id, customer, org, checkout, price, period, status, card_fails, cancel_at_period_end,
    created_at, period_start, period_end, ended_at, amount_minor, currency,
    provider_price, cancel_at
FROM payments_simulator.subscription WHERE id = $1 FOR UPDATE;

-- name: list_subscriptions
SELECT id, customer, org, checkout, price, period, status, card_fails, cancel_at_period_end,
    created_at, period_start, period_end, ended_at, amount_minor, currency,
    provider_price, cancel_at
FROM payments_simulator.subscription
WHERE ($1::timestamptz IS NULL OR created_at >= $1) ORDER BY created_at DESC LIMIT 200;

-- name: list_due
SELECT id, customer, org, checkout, price, period, status, card_fails, cancel_at_period_end,
    created_at, period_start, period_end, ended_at, amount_minor, currency,
    provider_price, cancel_at
FROM payments_simulator.subscription
WHERE ended_at IS NULL AND period_end <= $1 ORDER BY period_end LIMIT 100 FOR UPDATE;

-- name: update_subscription
UPDATE payments_simulator.subscription SET status = $2, card_fails = $3, cancel_at_period_end = $4,
    ended_at = $5, cancel_at = $6 WHERE id = $1;

-- name: next_period
-- Counted from the first day, as the real one does: who bought on the 31st pays on the 28th of February
-- and on the 31st of March.
UPDATE payments_simulator.subscription SET period_start = period_end,
    period_end = created_at + make_interval(months => (
        12 * (extract(year FROM period_end) - extract(year FROM created_at))
        + extract(month FROM period_end) - extract(month FROM created_at)
        + CASE period WHEN 'year' THEN 12 ELSE 1 END)::integer)
WHERE id = $1;

-- name: insert_refund_dispute
INSERT INTO payments_simulator.refund_dispute (id, kind, customer, amount_minor, currency, status, reason,
    respond_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: get_refund_dispute
SELECT id, kind, customer, amount_minor, currency, status, reason, made_at, respond_by
FROM payments_simulator.refund_dispute WHERE id = $1;

-- name: insert_decline
INSERT INTO payments_simulator.decline (id, org, checkout, customer, code) VALUES ($1, $2, $3, $4, $5);

-- name: get_decline
SELECT id, org, checkout, customer, code, made_at FROM payments_simulator.decline WHERE id = $1;

-- name: insert_event
INSERT INTO payments_simulator.event (id, body) VALUES ($1, $2);

-- name: get_event
SELECT id, body FROM payments_simulator.event WHERE id = $1;

-- name: finish_event
UPDATE payments_simulator.event SET delivered_at = platform.now() WHERE id = $1;

-- The simulator's tables, which payments/0015 moved here, without the prefix of their old schema.
-- Lock cost: exclusive for a moment on each table, no rewrite.
-- phase: contract
-- oldest-binary: 0.1.0

ALTER TABLE payments_simulator.dev_clock RENAME TO clock;
ALTER TABLE payments_simulator.clock RENAME CONSTRAINT dev_clock_one_check TO clock_one_check;
ALTER TABLE payments_simulator.clock RENAME CONSTRAINT dev_clock_pkey TO clock_pkey;
ALTER TABLE payments_simulator.dev_decline RENAME TO decline;
ALTER TABLE payments_simulator.decline RENAME CONSTRAINT dev_decline_id_check TO decline_id_check;
ALTER TABLE payments_simulator.decline RENAME CONSTRAINT dev_decline_pkey TO decline_pkey;
ALTER TABLE payments_simulator.dev_event RENAME TO event;
ALTER TABLE payments_simulator.event RENAME CONSTRAINT dev_event_body_check TO event_body_check;
ALTER TABLE payments_simulator.event RENAME CONSTRAINT dev_event_pkey TO event_pkey;
ALTER TABLE payments_simulator.dev_refund_dispute RENAME TO refund_dispute;
ALTER TABLE payments_simulator.refund_dispute RENAME CONSTRAINT dev_refund_dispute_id_check TO refund_dispute_id_check;
ALTER TABLE payments_simulator.refund_dispute RENAME CONSTRAINT dev_refund_dispute_kind_check TO refund_dispute_kind_check;
ALTER TABLE payments_simulator.refund_dispute RENAME CONSTRAINT dev_refund_dispute_pkey TO refund_dispute_pkey;
ALTER TABLE payments_simulator.dev_session RENAME TO session;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT dev_session_id_check TO session_id_check;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT dev_session_key_check TO session_key_check;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT dev_session_key_key TO session_key_key;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT dev_session_period_check TO session_period_check;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT dev_session_pkey TO session_pkey;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT dev_session_status_check TO session_status_check;
ALTER TABLE payments_simulator.dev_subscription RENAME TO subscription;
ALTER TABLE payments_simulator.subscription RENAME CONSTRAINT dev_subscription_id_check TO subscription_id_check;
ALTER TABLE payments_simulator.subscription RENAME CONSTRAINT dev_subscription_period_check TO subscription_period_check;
ALTER TABLE payments_simulator.subscription RENAME CONSTRAINT dev_subscription_pkey TO subscription_pkey;

-- down
ALTER TABLE payments_simulator.clock RENAME CONSTRAINT clock_one_check TO dev_clock_one_check;
ALTER TABLE payments_simulator.clock RENAME CONSTRAINT clock_pkey TO dev_clock_pkey;
ALTER TABLE payments_simulator.clock RENAME TO dev_clock;
ALTER TABLE payments_simulator.decline RENAME CONSTRAINT decline_id_check TO dev_decline_id_check;
ALTER TABLE payments_simulator.decline RENAME CONSTRAINT decline_pkey TO dev_decline_pkey;
ALTER TABLE payments_simulator.decline RENAME TO dev_decline;
ALTER TABLE payments_simulator.event RENAME CONSTRAINT event_body_check TO dev_event_body_check;
ALTER TABLE payments_simulator.event RENAME CONSTRAINT event_pkey TO dev_event_pkey;
ALTER TABLE payments_simulator.event RENAME TO dev_event;
ALTER TABLE payments_simulator.refund_dispute RENAME CONSTRAINT refund_dispute_id_check TO dev_refund_dispute_id_check;
ALTER TABLE payments_simulator.refund_dispute RENAME CONSTRAINT refund_dispute_kind_check TO dev_refund_dispute_kind_check;
ALTER TABLE payments_simulator.refund_dispute RENAME CONSTRAINT refund_dispute_pkey TO dev_refund_dispute_pkey;
ALTER TABLE payments_simulator.refund_dispute RENAME TO dev_refund_dispute;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT session_id_check TO dev_session_id_check;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT session_key_check TO dev_session_key_check;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT session_key_key TO dev_session_key_key;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT session_period_check TO dev_session_period_check;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT session_pkey TO dev_session_pkey;
ALTER TABLE payments_simulator.session RENAME CONSTRAINT session_status_check TO dev_session_status_check;
ALTER TABLE payments_simulator.session RENAME TO dev_session;
ALTER TABLE payments_simulator.subscription RENAME CONSTRAINT subscription_id_check TO dev_subscription_id_check;
ALTER TABLE payments_simulator.subscription RENAME CONSTRAINT subscription_period_check TO dev_subscription_period_check;
ALTER TABLE payments_simulator.subscription RENAME CONSTRAINT subscription_pkey TO dev_subscription_pkey;
ALTER TABLE payments_simulator.subscription RENAME TO dev_subscription;

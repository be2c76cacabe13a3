-- The built-in provider is the module payments_simulator: its tables move into that module's schema with
-- their rows, and its jobs get that module's names. payments_simulator/0001 renames the tables. While
-- that module is off, the schema stays as it is here, and nothing uses it.
-- Lock cost: exclusive for a moment on each table, no rewrite; one scan of the jobs. The tables are
-- empty in production.
-- phase: contract
-- oldest-binary: 0.1.0

SELECT platform.declare_schema('payments_simulator');
ALTER TABLE payments.dev_clock SET SCHEMA payments_simulator;
ALTER TABLE payments.dev_decline SET SCHEMA payments_simulator;
ALTER TABLE payments.dev_event SET SCHEMA payments_simulator;
ALTER TABLE payments.dev_refund_dispute SET SCHEMA payments_simulator;
ALTER TABLE payments.dev_session SET SCHEMA payments_simulator;
ALTER TABLE payments.dev_subscription SET SCHEMA payments_simulator;

UPDATE platform.job SET kind = replace(kind, 'payments.dev_deliver', 'payments_simulator.deliver')
WHERE kind IN ('payments.dev_deliver', 'dead:payments.dev_deliver');
UPDATE platform.job SET kind = replace(kind, 'payments.dev_tick', 'payments_simulator.tick')
WHERE kind IN ('payments.dev_tick', 'dead:payments.dev_tick');
UPDATE platform.job_schedule SET kind = 'payments_simulator.tick' WHERE kind = 'payments.dev_tick';

-- down
UPDATE platform.job_schedule SET kind = 'payments.dev_tick' WHERE kind = 'payments_simulator.tick';
UPDATE platform.job SET kind = replace(kind, 'payments_simulator.deliver', 'payments.dev_deliver')
WHERE kind IN ('payments_simulator.deliver', 'dead:payments_simulator.deliver');
UPDATE platform.job SET kind = replace(kind, 'payments_simulator.tick', 'payments.dev_tick')
WHERE kind IN ('payments_simulator.tick', 'dead:payments_simulator.tick');
ALTER TABLE payments_simulator.dev_clock SET SCHEMA payments;
ALTER TABLE payments_simulator.dev_decline SET SCHEMA payments;
ALTER TABLE payments_simulator.dev_event SET SCHEMA payments;
ALTER TABLE payments_simulator.dev_refund_dispute SET SCHEMA payments;
ALTER TABLE payments_simulator.dev_session SET SCHEMA payments;
ALTER TABLE payments_simulator.dev_subscription SET SCHEMA payments;
DROP SCHEMA payments_simulator;

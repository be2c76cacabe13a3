-- The field's names for tables and jobs: a ticket is a fetch sequence, a parting a pending cancellation,
-- a reversal a refund or a dispute, and what is awaited an expected event. No earlier binary finds
-- them: stop the server first (docs/upgrading.md).
-- Lock cost: exclusive for a moment on each table, no rewrite; one scan of the jobs.
-- phase: contract
-- oldest-binary: 0.1.0

ALTER TABLE payments.ticket RENAME TO fetch_sequence;
ALTER TABLE payments.fetch_sequence RENAME CONSTRAINT ticket_provider_check TO fetch_sequence_provider_check;
ALTER TABLE payments.fetch_sequence RENAME CONSTRAINT ticket_external_id_check TO fetch_sequence_external_id_check;
ALTER TABLE payments.fetch_sequence RENAME CONSTRAINT ticket_pkey TO fetch_sequence_pkey;
ALTER TABLE payments.parting RENAME TO pending_cancellation;
ALTER TABLE payments.pending_cancellation RENAME CONSTRAINT parting_customer_check TO pending_cancellation_customer_check;
ALTER TABLE payments.pending_cancellation RENAME CONSTRAINT parting_external_id_check TO pending_cancellation_external_id_check;
ALTER TABLE payments.pending_cancellation RENAME CONSTRAINT parting_key_check TO pending_cancellation_key_check;
ALTER TABLE payments.pending_cancellation RENAME CONSTRAINT parting_kind_check TO pending_cancellation_kind_check;
ALTER TABLE payments.pending_cancellation RENAME CONSTRAINT parting_provider_check TO pending_cancellation_provider_check;
ALTER TABLE payments.pending_cancellation RENAME CONSTRAINT parting_pkey TO pending_cancellation_pkey;
ALTER TABLE payments.pending_cancellation RENAME CONSTRAINT parting_external_key TO pending_cancellation_external_key;
ALTER TABLE payments.pending_cancellation RENAME CONSTRAINT parting_key_key TO pending_cancellation_key_key;
ALTER INDEX payments.parting_open_idx RENAME TO pending_cancellation_open_idx;
ALTER INDEX payments.parting_org_idx RENAME TO pending_cancellation_org_idx;
ALTER INDEX payments.parting_customer_idx RENAME TO pending_cancellation_customer_idx;
ALTER TABLE payments.reversal RENAME TO refund_dispute;
ALTER TABLE payments.refund_dispute RENAME CONSTRAINT reversal_amount_minor_check TO refund_dispute_amount_minor_check;
ALTER TABLE payments.refund_dispute RENAME CONSTRAINT reversal_currency_check TO refund_dispute_currency_check;
ALTER TABLE payments.refund_dispute RENAME CONSTRAINT reversal_customer_check TO refund_dispute_customer_check;
ALTER TABLE payments.refund_dispute RENAME CONSTRAINT reversal_external_id_check TO refund_dispute_external_id_check;
ALTER TABLE payments.refund_dispute RENAME CONSTRAINT reversal_kind_check TO refund_dispute_kind_check;
ALTER TABLE payments.refund_dispute RENAME CONSTRAINT reversal_provider_check TO refund_dispute_provider_check;
ALTER TABLE payments.refund_dispute RENAME CONSTRAINT reversal_reason_check TO refund_dispute_reason_check;
ALTER TABLE payments.refund_dispute RENAME CONSTRAINT reversal_status_check TO refund_dispute_status_check;
ALTER TABLE payments.refund_dispute RENAME CONSTRAINT reversal_pkey TO refund_dispute_pkey;
ALTER TABLE payments.refund_dispute RENAME CONSTRAINT reversal_external_key TO refund_dispute_external_key;
ALTER INDEX payments.reversal_org_idx RENAME TO refund_dispute_org_idx;
ALTER TABLE payments.dev_reversal RENAME TO dev_refund_dispute;
ALTER TABLE payments.dev_refund_dispute RENAME CONSTRAINT dev_reversal_id_check TO dev_refund_dispute_id_check;
ALTER TABLE payments.dev_refund_dispute RENAME CONSTRAINT dev_reversal_kind_check TO dev_refund_dispute_kind_check;
ALTER TABLE payments.dev_refund_dispute RENAME CONSTRAINT dev_reversal_pkey TO dev_refund_dispute_pkey;
ALTER TABLE payments.awaited RENAME TO expected_event;
ALTER TABLE payments.expected_event RENAME CONSTRAINT awaited_provider_check TO expected_event_provider_check;
ALTER TABLE payments.expected_event RENAME CONSTRAINT awaited_subject_check TO expected_event_subject_check;
ALTER TABLE payments.expected_event RENAME CONSTRAINT awaited_pkey TO expected_event_pkey;
ALTER TABLE payments.subscription RENAME COLUMN ticket TO fetch_sequence;
ALTER TABLE payments.refund_dispute RENAME COLUMN ticket TO fetch_sequence;

UPDATE platform.job SET kind = replace(kind, 'payments.part', 'payments.cancel_pending')
WHERE kind IN ('payments.part', 'dead:payments.part');
UPDATE platform.job SET kind = replace(kind, 'payments.tell_ends', 'payments.announce_ends')
WHERE kind IN ('payments.tell_ends', 'dead:payments.tell_ends');
UPDATE platform.job_schedule SET kind = 'payments.announce_ends' WHERE kind = 'payments.tell_ends';

-- down
UPDATE platform.job_schedule SET kind = 'payments.tell_ends' WHERE kind = 'payments.announce_ends';
UPDATE platform.job SET kind = replace(kind, 'payments.cancel_pending', 'payments.part')
WHERE kind IN ('payments.cancel_pending', 'dead:payments.cancel_pending');
UPDATE platform.job SET kind = replace(kind, 'payments.announce_ends', 'payments.tell_ends')
WHERE kind IN ('payments.announce_ends', 'dead:payments.announce_ends');
ALTER TABLE payments.fetch_sequence RENAME TO ticket;
ALTER TABLE payments.ticket RENAME CONSTRAINT fetch_sequence_provider_check TO ticket_provider_check;
ALTER TABLE payments.ticket RENAME CONSTRAINT fetch_sequence_external_id_check TO ticket_external_id_check;
ALTER TABLE payments.ticket RENAME CONSTRAINT fetch_sequence_pkey TO ticket_pkey;
ALTER TABLE payments.pending_cancellation RENAME TO parting;
ALTER TABLE payments.parting RENAME CONSTRAINT pending_cancellation_customer_check TO parting_customer_check;
ALTER TABLE payments.parting RENAME CONSTRAINT pending_cancellation_external_id_check TO parting_external_id_check;
ALTER TABLE payments.parting RENAME CONSTRAINT pending_cancellation_key_check TO parting_key_check;
ALTER TABLE payments.parting RENAME CONSTRAINT pending_cancellation_kind_check TO parting_kind_check;
ALTER TABLE payments.parting RENAME CONSTRAINT pending_cancellation_provider_check TO parting_provider_check;
ALTER TABLE payments.parting RENAME CONSTRAINT pending_cancellation_pkey TO parting_pkey;
ALTER TABLE payments.parting RENAME CONSTRAINT pending_cancellation_external_key TO parting_external_key;
ALTER TABLE payments.parting RENAME CONSTRAINT pending_cancellation_key_key TO parting_key_key;
ALTER INDEX payments.pending_cancellation_open_idx RENAME TO parting_open_idx;
ALTER INDEX payments.pending_cancellation_org_idx RENAME TO parting_org_idx;
ALTER INDEX payments.pending_cancellation_customer_idx RENAME TO parting_customer_idx;
ALTER TABLE payments.refund_dispute RENAME TO reversal;
ALTER TABLE payments.reversal RENAME CONSTRAINT refund_dispute_amount_minor_check TO reversal_amount_minor_check;
ALTER TABLE payments.reversal RENAME CONSTRAINT refund_dispute_currency_check TO reversal_currency_check;
ALTER TABLE payments.reversal RENAME CONSTRAINT refund_dispute_customer_check TO reversal_customer_check;
ALTER TABLE payments.reversal RENAME CONSTRAINT refund_dispute_external_id_check TO reversal_external_id_check;
ALTER TABLE payments.reversal RENAME CONSTRAINT refund_dispute_kind_check TO reversal_kind_check;
ALTER TABLE payments.reversal RENAME CONSTRAINT refund_dispute_provider_check TO reversal_provider_check;
ALTER TABLE payments.reversal RENAME CONSTRAINT refund_dispute_reason_check TO reversal_reason_check;
ALTER TABLE payments.reversal RENAME CONSTRAINT refund_dispute_status_check TO reversal_status_check;
ALTER TABLE payments.reversal RENAME CONSTRAINT refund_dispute_pkey TO reversal_pkey;
ALTER TABLE payments.reversal RENAME CONSTRAINT refund_dispute_external_key TO reversal_external_key;
ALTER INDEX payments.refund_dispute_org_idx RENAME TO reversal_org_idx;
ALTER TABLE payments.dev_refund_dispute RENAME TO dev_reversal;
ALTER TABLE payments.dev_reversal RENAME CONSTRAINT dev_refund_dispute_id_check TO dev_reversal_id_check;
ALTER TABLE payments.dev_reversal RENAME CONSTRAINT dev_refund_dispute_kind_check TO dev_reversal_kind_check;
ALTER TABLE payments.dev_reversal RENAME CONSTRAINT dev_refund_dispute_pkey TO dev_reversal_pkey;
ALTER TABLE payments.expected_event RENAME TO awaited;
ALTER TABLE payments.awaited RENAME CONSTRAINT expected_event_provider_check TO awaited_provider_check;
ALTER TABLE payments.awaited RENAME CONSTRAINT expected_event_subject_check TO awaited_subject_check;
ALTER TABLE payments.awaited RENAME CONSTRAINT expected_event_pkey TO awaited_pkey;
ALTER TABLE payments.subscription RENAME COLUMN fetch_sequence TO ticket;
ALTER TABLE payments.reversal RENAME COLUMN fetch_sequence TO ticket;

-- The platform's own questions about the transaction and the schema.

-- name: enter_unit
-- Who acts, for whom, and when, until the transaction ends. '' means none.
SELECT set_config('ashlar.org', $1, true), set_config('ashlar.person', $2, true),
    set_config('ashlar.now', $3, true);

-- name: enter_read
-- The same for a statement that is a transaction of its own and must not write.
SELECT set_config('ashlar.org', $1, true), set_config('ashlar.person', $2, true),
    set_config('ashlar.now', $3, true), set_config('transaction_read_only', 'on', true);

-- name: unfenced_role
-- A server login that row security does not hold must not serve.
SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user;

-- name: applied_migrations
SELECT module, number::bigint AS number, phase, oldest_binary
FROM platform.migration ORDER BY module, number;

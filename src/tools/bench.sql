-- name: bench_sleep
-- A statement of 50 ms without CPU time: tests/bench measures its effect on other requests.
SELECT pg_sleep(0.05) IS NULL;

-- name: bench_nothing
-- The query of a pull without new events.
SELECT count(*) FROM pg_catalog.pg_class WHERE oid = 0;

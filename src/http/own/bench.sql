-- name: bench_sleep
-- A statement of 50 ms that costs no processor: tests/bench measures what it leaves to the others.
SELECT pg_sleep(0.05) IS NULL;

-- name: bench_nothing
-- What a look at a quiet stream finds.
SELECT count(*) FROM pg_catalog.pg_class WHERE oid = 0;

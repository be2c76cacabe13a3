# Databases whose fences between tenants somebody took down by hand: `serve` and `worker` refuse each, and name it.
# Sourced by tests/operations/run, whose check and expect_exit it uses. Knows no route.
# shellcheck shell=bash disable=SC2154
fences_database="operations_fences_$$" fences_log=$work/fences
fences_url=$(ASHLAR_TEST_DATABASE_URL=$cluster url_of_database "$fences_database" | sed 's/user=[a-z]*/user=fences_login/')

# Of doctor nothing else is looked at: there is no mail server, so it ends with 1.
# A database of its own, with roles of its own: what is done to a role is done to the whole cluster's.
prepare_fences() {
    psql -XAtq -d "$cluster" -c "CREATE ROLE fences_login LOGIN CREATEROLE" \
        -c "CREATE DATABASE $fences_database OWNER fences_login" || return 1
    fenced "$build/ashlar" migrate up >"$fences_log" 2>&1 || { cat "$fences_log"; return 1; }
    expect_exit 1 'ok +isolation' fenced "$build/ashlar" doctor
}

fenced() { DATABASE_URL=$fences_url production ASHLAR_DB_ROLE_PREFIX=fences_ ASHLAR_MAIL_FROM='A <a@b.example>' "$@"; }

sabotage() {
    psql -XAtq -v ON_ERROR_STOP=1 -d "$(ASHLAR_TEST_DATABASE_URL=$cluster url_of_database "$fences_database")" -c "$1"
}

# refuses WORDS SQL UNDO
refuses() {
    local good=yes
    sabotage "$2" || return 1
    expect_exit 3 "$1" fenced timeout -s TERM 3 "$build/ashlar" serve || good=
    expect_exit 1 'fail +(isolation|roles)' fenced "$build/ashlar" doctor || good=
    sabotage "$3" && [ -n "$good" ]
}

fences() { # WORDS SQL UNDO
    check "serve refuses: $1" refuses "$@"
}

check "a database with its fences up" prepare_fences
fences 'the role fences_app is a superuser|row security does not hold' 'ALTER ROLE fences_app SUPERUSER' 'ALTER ROLE fences_app NOSUPERUSER'
fences 'BYPASSRLS' 'ALTER ROLE fences_app BYPASSRLS' 'ALTER ROLE fences_app NOBYPASSRLS'
fences 'the role fences_system is a superuser or has BYPASSRLS' 'ALTER ROLE fences_system BYPASSRLS' \
    'ALTER ROLE fences_system NOBYPASSRLS'
fences 'row security is not enabled and forced on users.org$' 'ALTER TABLE users.org DISABLE ROW LEVEL SECURITY' \
    'ALTER TABLE users.org ENABLE ROW LEVEL SECURITY'
fences 'row security is not enabled and forced on users.membership' 'ALTER TABLE users.membership NO FORCE ROW LEVEL SECURITY' \
    'ALTER TABLE users.membership FORCE ROW LEVEL SECURITY'
fences 'users.org has a policy extra' 'CREATE POLICY extra ON users.org USING (true)' 'DROP POLICY extra ON users.org'
fences 'users.org has a policy extra' 'CREATE POLICY extra ON users.org FOR SELECT TO fences_app USING (1 = 1)' \
    'DROP POLICY extra ON users.org'
fences 'users.org has no policy app_fence' 'ALTER POLICY app_fence ON users.org USING (true)' \
    "ALTER POLICY app_fence ON users.org USING (id = (SELECT platform.current_org()))"
fences 'users.org belongs to the role fences_app' 'ALTER TABLE users.org OWNER TO fences_app' \
    'ALTER TABLE users.org OWNER TO fences_owner'
fences 'users.loose is not declared' 'CREATE TABLE users.loose (org_id uuid)' 'DROP TABLE users.loose'
fences 'public.loose is not declared|loose is not declared' 'CREATE TABLE public.loose (org_id uuid)' 'DROP TABLE public.loose'
fences 'the view users.seen reads users.org' 'CREATE VIEW users.seen AS SELECT * FROM users.org' 'DROP VIEW users.seen'
fences 'the view users.kept reads users.org' 'CREATE MATERIALIZED VIEW users.kept AS SELECT * FROM users.org' \
    'DROP MATERIALIZED VIEW users.kept'
fences 'users.peek\(\) has no search_path' \
    'CREATE FUNCTION users.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$SELECT count(*) FROM users.org$$' \
    'DROP FUNCTION users.peek()'
fences 'the role fences_app is a member of fences_owner' 'GRANT fences_owner TO fences_app' 'REVOKE fences_owner FROM fences_app'
fences 'the login fences_login is a superuser' 'ALTER ROLE fences_login SUPERUSER' 'ALTER ROLE fences_login NOSUPERUSER'
fences 'the role fences_app may UPDATE platform.audit' 'GRANT UPDATE ON platform.audit TO fences_app' \
    'REVOKE UPDATE ON platform.audit FROM fences_app'
fences 'the role fences_app may DELETE platform.audit' 'GRANT DELETE ON platform.audit TO fences_app' \
    'REVOKE DELETE ON platform.audit FROM fences_app'
fences 'the role fences_app may UPDATE platform.audit' 'GRANT UPDATE (action) ON platform.audit TO fences_app' \
    'REVOKE UPDATE (action) ON platform.audit FROM fences_app'
fences 'PUBLIC may DELETE users.org' 'GRANT DELETE ON users.org TO PUBLIC' 'REVOKE DELETE ON users.org FROM PUBLIC'
refuses_as_worker() {
    sabotage 'ALTER TABLE users.org DISABLE ROW LEVEL SECURITY' || return 1
    expect_exit 3 'users.org' fenced timeout -s TERM 3 "$build/ashlar" worker || return 1
    sabotage 'ALTER TABLE users.org ENABLE ROW LEVEL SECURITY'
}
check "a worker refuses it too" refuses_as_worker
check "repaired, it is in order again" expect_exit 1 'ok +isolation' fenced "$build/ashlar" doctor
psql -XAtq -d "$cluster" -c "DROP DATABASE $fences_database WITH (FORCE)" -c 'DROP OWNED BY fences_login' 2>/dev/null

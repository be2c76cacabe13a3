# PgBouncer between the server and PostgreSQL: what is dropped on the way is noticed, and docs/pooler.md works. Sourced by
# tests/operations/run, whose check and expect_exit it uses. Knows no route.
# shellcheck shell=bash disable=SC2016,SC2154
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || need_packages pgbouncer
pooler_database="operations_pooler_$$" pooler_home=$work/pooler
pooler_port=$(free_port)
promised="${promised:-} $pooler_port"
pooler_direct=$(ASHLAR_TEST_DATABASE_URL=$cluster url_of_database "$pooler_database")

pooled() { # LOGIN
    echo "postgresql://$1@127.0.0.1:$pooler_port/$pooler_database"
}

# The docs' own lines, and where this machine is.
write_pooler() { # LINE…
    local host port
    host=$(sed -nE 's/.*[?&]host=([^&]*).*/\1/p' <<<"$cluster")
    port=$(sed -nE 's/.*[?&]port=([^&]*).*/\1/p' <<<"$cluster")
    {
        printf '[databases]\n%s = host=%s port=%s\n[pgbouncer]\n' "$pooler_database" "$host" "${port:-5432}"
        printf 'listen_addr = 127.0.0.1\nlisten_port = %s\nauth_type = trust\nauth_file = %s/users\n' "$pooler_port" "$pooler_home"
        printf 'unix_socket_dir =\nlogfile = %s/log\npidfile = %s/pid\n' "$pooler_home" "$pooler_home"
        printf '%s\n' "$@"
    } | as_pg_user tee "$pooler_home/ini" >/dev/null
}

start_pooler() { # LINE…
    write_pooler "$@" || return 1
    PATH=$PATH:/usr/sbin as_pg_user pgbouncer "$pooler_home/ini" >/dev/null 2>&1 9>&- &
    for _ in $(seq 50); do ! is_free "$pooler_port" && return; sleep 0.1; done
    cat "$pooler_home/log"
    return 1
}

stop_pooler() {
    kill "$(cat "$pooler_home/pid")"
    wait
}

prepare_pooler() {
    mkdir -p "$pooler_home" && chmod 755 "$work" && { [ "$(id -u)" != 0 ] || chown postgres "$pooler_home"; }
    psql -XAtq -d "$cluster" -c 'CREATE ROLE pooler_login LOGIN CREATEROLE' \
        -c "CREATE DATABASE $pooler_database OWNER pooler_login" || return 1
    DATABASE_URL=$pooler_direct "$build/ashlar" migrate up >"$work/pooler.log" 2>&1 || { cat "$work/pooler.log"; return 1; }
    printf '"%s" ""\n' pooler_login ashlar_requests ashlar_jobs | as_pg_user tee "$pooler_home/users" >/dev/null
    sed -n '/^```sql/,/^```/p' docs/pooler.md | sed '/^```/d' | psql -Xq -v ON_ERROR_STOP=1 -d "$pooler_direct" -f - || return 1
    psql -XAtq -d "$pooler_direct" -c 'GRANT ashlar_app, ashlar_system, ashlar_owner TO pooler_login'
}

serve_pooled() { env DATABASE_URL="$(pooled "$1")" ASHLAR_LISTEN="127.0.0.1:$(free_port)" timeout -s TERM 5 "$build/ashlar" serve; }

what_it_refuses_is_told() {
    local good=yes
    start_pooler 'pool_mode = session' || return 1
    expect_exit 3 'unsupported startup parameter: options. See docs/pooler.md' serve_pooled pooler_login || good=
    stop_pooler
    [ -n "$good" ]
}

what_it_drops_is_noticed() {
    local mode good=yes
    for mode in session transaction; do
        start_pooler "pool_mode = $mode" 'ignore_startup_parameters = options' || return 1
        expect_exit 3 'the role is pooler_login instead of ashlar_app, .*statement_timeout is 0 instead of 5000' \
            serve_pooled pooler_login || good=
        expect_exit 1 'fail +database .*the role is pooler_login' env DATABASE_URL="$(pooled pooler_login)" "$build/ashlar" doctor || good=
        stop_pooler
    done
    [ -n "$good" ]
}

# In force is in force: one timeout that was forgotten is named too.
what_the_logins_lack_is_named() {
    local good=yes
    start_pooler 'pool_mode = session' 'ignore_startup_parameters = options' || return 1
    psql -Xq -d "$pooler_direct" -c 'ALTER ROLE ashlar_requests RESET lock_timeout'
    expect_exit 3 'as ashlar_app do not have the requested parameters: lock_timeout is 0 instead of 2000' serve_pooled ashlar_requests || good=
    psql -Xq -d "$pooler_direct" -c 'ALTER ROLE ashlar_requests SET lock_timeout = 2000'
    stop_pooler
    [ -n "$good" ]
}

as_documented_smoke_passes() {
    local at pid good=yes lines
    mapfile -t lines < <(sed -n '/^```ini/,/^```/p' docs/pooler.md | sed '/^```/d')
    start_pooler "${lines[@]}" || return 1
    at=$(free_port) || return 1
    (exec env DATABASE_URL="$(pooled ashlar_requests)" DATABASE_SYSTEM_URL="$(pooled ashlar_jobs)" ASHLAR_LISTEN="127.0.0.1:$at" \
        ASHLAR_PUBLIC_URL="http://localhost:$at" ASHLAR_APP_URL="http://localhost:$at" "$build/ashlar" serve >"$work/pooled.log" 2>&1) &
    pid=$!
    for _ in $(seq 100); do curl -sf -o /dev/null "http://localhost:$at/readyz" && break; sleep 0.1; done
    tests/smoke "http://localhost:$at" >"$work/smoke.log" 2>&1 || { cat "$work/smoke.log"; tail -n 5 "$work/pooled.log"; good=; }
    kill "$pid"
    wait "$pid" || good=
    stop_pooler
    [ -n "$good" ]
}

check "a database, and the logins of docs/pooler.md" prepare_pooler
check "a pooler that refuses our startup parameters is told, and serve ends" what_it_refuses_is_told
check "one that drops them is noticed" what_it_drops_is_noticed
check "a login that lacks one of the settings is named" what_the_logins_lack_is_named
check "in session mode, as docs/pooler.md has it, the smoke test passes" as_documented_smoke_passes

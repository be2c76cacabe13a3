# A server of its own for one suite: a new database on the test cluster, migrated, and the built
# binary on a free port. Sourced by tests/*/run; needs ASHLAR_TEST_DATABASE_URL (tests/run sets it).
# shellcheck shell=bash
. tests/kit/setup.sh

build=${ASHLAR_TEST_BUILD:-var/build/asan}
first_port=$((${ASHLAR_TEST_FIRST_PORT:-21700} + 100 * ${ASHLAR_TEST_LANE:-0}))
server_pid='' base='' port=''

stop_here() {
    echo "$1" >&2
    [ ! -s "${2:-}" ] || tail -n 20 "$2" >&2
    echo "0 passed, 1 failed"
    exit 1
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# None of $promised: what was found free is not yet listened on.
free_port() {
    local try
    for try in $(shuf -i "$first_port-$((first_port + 99))"); do
        [[ " ${promised:-} " != *" $try "* ]] && is_free "$try" && { echo "$try"; return; }
    done
    return 1
}

make_database() {
    local name=$1
    psql -XAtq -d "$ASHLAR_TEST_DATABASE_URL" -c "CREATE DATABASE $name" ||
        stop_here "no database on ASHLAR_TEST_DATABASE_URL"
    DATABASE_URL=$(url_of_database "$name")
    export DATABASE_URL
}

# start_server SUITE [NAME=value …]: $base is where it listens; its log is var/test/SUITE-serve.log.
start_server() {
    local suite=$1 log
    shift
    [ -x "$build/ashlar" ] || stop_here "no $build/ashlar; tests/run builds it"
    [ -n "${ASHLAR_TEST_DATABASE_URL:-}" ] ||
        stop_here "ASHLAR_TEST_DATABASE_URL is not set; tests/run $suite starts a database"
    mkdir -p var/test
    log=var/test/$suite-serve.log
    port=$(free_port) || stop_here "no free port from $first_port"
    base=http://localhost:$port
    make_database "${suite}_$$"
    export ASHLAR_ENV=development ASHLAR_LISTEN=127.0.0.1:$port ASHLAR_PUBLIC_URL=$base
    export ASHLAR_APP_URL=$base ASHLAR_RATE_LIMITS=false
    export ASHLAR_PASSWORD_MEMORY_MIB=19 ASHLAR_RUNTIME=${ASHLAR_TEST_RUNTIME:-reactors}
    # shellcheck disable=SC2163
    [ $# = 0 ] || export "$@"
    # What steers the suites is no setting of the server, which refuses names it does not know.
    unset "${!ASHLAR_TEST_@}"
    "$build/ashlar" migrate up >"$log" 2>&1 || stop_here "migrating failed" "$log"
    "$build/ashlar" serve >>"$log" 2>&1 &
    server_pid=$!
    trap 'stop_server; stop_database' EXIT # the cluster, where the suite started one
    wait_until_ready "$log"
}

wait_until_ready() {
    local _
    for _ in $(seq 150); do
        [ "$(curl -s -m 2 -o /dev/null -w '%{http_code}' "$base/readyz")" = 200 ] && return
        kill -0 "$server_pid" 2>/dev/null || stop_here "the server ended at once" "$1"
        sleep 0.1
    done
    stop_here "the server is not ready after 15 s" "$1"
}

stop_server() {
    [ -n "$server_pid" ] || return 0
    kill -TERM "$server_pid" 2>/dev/null
    wait "$server_pid" 2>/dev/null
    server_pid=''
}

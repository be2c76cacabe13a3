# Part of the operations suite: two listeners, handed over from one generation to the next. Sourced by
# tests/operations/release.sh, whose host it uses. Knows no route but /readyz and /metrics.
# shellcheck shell=bash disable=SC2015,SC2016,SC2154

# As during a hand-over, for as long as it takes to look.
two_overlap_on_both() {
    local -a pids
    printf '%s\n' two one >"$home/run/wanted"
    kill -HUP "$(cat "$home/run/supervisor.pid")"
    for _ in $(seq 150); do [ -e "$home/run/one.ready" ] && break; sleep 0.1; done
    mapfile -t pids < <(generations_of "$home")
    [ "${#pids[@]}" = 2 ] || { echo "generations: ${pids[*]}"; tail -n 5 "$home/log"; return 1; }
    either_serves_both "$home" "${pids[@]}" || return 1
    echo two >"$home/run/wanted"
    kill -HUP "$(cat "$home/run/supervisor.pid")"
    for _ in $(seq 150); do [ -e "$home/run/one.ready" ] || break; sleep 0.1; done
    both_serve "$home"
}

# It fails at the last step and is taken back. The reason is its own: not what the old one, which goes on
# answering, writes into the same log meanwhile.
a_failed_hand_over_says_why() {
    local asking code=0
    a_binary_that late 'if [ "$1" = serve ] && [ -n "${LISTEN_FDS:-}" ]; then
        echo "the moon is in the wrong quarter" >&2; sleep 1; exit 1; fi'
    touch "$work/asking"
    (while [ -e "$work/asking" ]; do curl -s -o /dev/null "http://127.0.0.1:$host_port/v1/me"; done) &
    asking=$!
    ASHLAR_SMOKE=true releasing "$work/late" late >"$work/why" 2>&1 || code=$?
    rm "$work/asking"
    wait "$asking"
    [ "$code" = 1 ] && grep -q 'FAILED at: hand over' "$work/why" && grep -q 'exit 1' "$work/why" &&
        grep -q '| the moon' "$work/why" && ! grep http.request "$work/why" || { cat "$work/why"; return 1; }
    still_in_service two "hand over"
}

# Somebody else has the operations listener's port.
a_taken_port_is_named() {
    local code=0
    cp "$home/environment" "$work/environment"
    echo "ASHLAR_OPS_LISTEN=127.0.0.1:$port" >>"$home/environment"
    ASHLAR_SMOKE=true expect_exit 1 'ASHLAR_OPS_LISTEN.*Address already in use' releasing "$build/ashlar" taken || code=1
    cp "$work/environment" "$home/environment"
    both_serve "$home" && still_in_service two "hand over" && return $code
}

comes_free() { # PORT
    for _ in $(seq 50); do is_free "$1" && return; sleep 0.1; done
    echo "port $1 is held"
    return 1
}

# Another port for it with the next release; the one before keeps its own until it has ended.
another_ops_port() {
    local other code=0
    other=$(free_port)
    cp "$home/environment" "$work/environment"
    echo "ASHLAR_OPS_LISTEN=127.0.0.1:$other" >>"$home/environment"
    ASHLAR_SMOKE=true releasing "$build/ashlar" moved && both_serve "$home" || code=1
    cp "$work/environment" "$home/environment"
    comes_free "$ops_port" || code=1
    ASHLAR_SMOKE=true rolling_back one && both_serve "$home" && comes_free "$other" && return $code
}

# As one from before "ops" was handed over: it knows descriptor 3, and binds what its settings name. It serves
# without metrics, and the next one has them again.
an_old_binary() {
    a_binary_that old '[ "$1" != serve ] || unset LISTEN_FDNAMES; [ -z "${LISTEN_FDS:-}" ] || export LISTEN_FDS=1'
    ASHLAR_SMOKE=true releasing "$work/old" old && served_commit >/dev/null || return 1
    ASHLAR_SMOKE=true rolling_back one && both_serve "$home"
}

a_server() { # LOG COMMAND…: without the suite's settings
    local log=$1
    shift
    (exec env -i PATH="$PATH" "$@") >"$log" 2>&1 &
    started=$!
}

wait_for() { # SECONDS COMMAND…
    local until=$((SECONDS + $1))
    shift
    while ! "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || { echo "in vain: $*"; return 1; }
        sleep 0.1
    done
}

# The first server holds the operations port itself; the second is given the API's socket, without a name.
an_old_supervisor() {
    local ops api first second code=0
    local -a settings=("ASHLAR_ENV=development" "DATABASE_URL=$DATABASE_URL")
    ops=$(free_port) && api=$(promised="$promised $ops" free_port) || return 1
    settings+=("ASHLAR_OPS_LISTEN=127.0.0.1:$ops" "ASHLAR_LISTEN=127.0.0.1:$(promised="$promised $ops $api" free_port)")
    a_server "$work/first.log" env "${settings[@]}" "$build/ashlar" serve
    first=$started
    wait_for 15 curl -sf "http://127.0.0.1:$ops/metrics" || { cat "$work/first.log"; return 1; }
    a_server "$work/second.log" systemd-socket-activate -l "127.0.0.1:$api" \
        env -u LISTEN_FDNAMES "${settings[@]}" "$build/ashlar" serve
    second=$started
    wait_for 15 curl -sf -m 15 "http://127.0.0.1:$api/readyz" || code=1
    grep -q http.ops_listener_deferred "$work/second.log" || code=1
    kill "$first" && wait "$first"
    wait_for 10 curl -sf "http://127.0.0.1:$ops/metrics" || code=1
    kill "$second" && wait "$second" || code=1
    [ "$code" = 0 ] || cat "$work/second.log"
    return "$code"
}

# A supervisor that is given both, the operations listener's first.
sockets_of_systemd() {
    local ops api folder=$work/activated code=0
    ops=$(free_port) && api=$(promised="$promised $ops" free_port) || return 1
    mkdir -p "$folder/releases/one" && ln -s "$root/$build/ashlar" "$folder/releases/one/ashlar"
    ln -s releases/one "$folder/current"
    printf '%s\n' ASHLAR_ENV=development "DATABASE_URL=$DATABASE_URL" "ASHLAR_OPS_LISTEN=127.0.0.1:$ops" \
        ASHLAR_LISTEN=127.0.0.1:1 >"$folder/environment"
    a_server "$work/activated.log" systemd-socket-activate -l "127.0.0.1:$ops" -l "127.0.0.1:$api" \
        --fdname=ops:ashlar.socket "$root/$build/ashlar" supervise "$folder"
    wait_for 15 curl -sf -m 15 "http://127.0.0.1:$api/readyz" &&
        grep -q '^ashlar_' <<<"$(curl -sf -m 5 "http://127.0.0.1:$ops/metrics")" || code=1
    kill "$started" && wait "$started" || code=1
    [ "$code" = 0 ] || cat "$work/activated.log"
    return "$code"
}

releases_follow() { # ENVIRONMENT DATABASE_URL
    local folder=$work/host-$1 api ops code=0 url
    api=$(free_port) && ops=$(promised="$promised $api" free_port) || return 1
    url=https://localhost:$api
    [ "$1" != development ] || url=http://localhost:$api
    make_host "$1" "$folder" "$api" "$ops" "$url" "$2" || return 1
    ASHLAR_HOME=$folder deploy/release "$build/ashlar" one && both_serve "$folder" &&
        ASHLAR_SMOKE=true ASHLAR_HOME=$folder deploy/release "$build/ashlar" two && both_serve "$folder" &&
        ASHLAR_SMOKE=true ASHLAR_HOME=$folder deploy/rollback && both_serve "$folder" || code=1
    end_host "$folder" && return "$code"
}

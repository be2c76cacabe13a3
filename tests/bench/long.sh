# The measurements of tests/bench/run --long. Sourced by it.
# shellcheck shell=bash disable=SC2154

# --- list: what keeping tenants apart costs ---

# list_script with|fenced|bare: permission check and row security; row security alone; neither.
list_script() {
    echo '\startpipeline'
    statement src/db/db.sql enter_read e | sed "s/:e3/''/"
    [ "$1" != with ] || statement modules/users/users.sql role_in_org r
    statement modules/users/users.sql list_invitations l | sed 's/:l2/NULL/g; s/:l3/50/'
    echo '\endpipeline'
}

# Comparing means something only while both see the page.
see_the_page() { # ORG
    [ "$(query -c "SET ROLE ashlar_app; SELECT set_config('ashlar.org', '$1', false);
        SELECT count(*) FROM users.invitation WHERE org_id = '$1'" | tail -n 1)" -ge 50 ] && return
    say "the list is empty under row security"
    return 1
}

bench_list() {
    local org person options i kind
    IFS='|' read -r org person < <(query -c 'SELECT org_id, person_id FROM users.membership LIMIT 1')
    options=(-D e1="$org" -D e2="$person" -D r1="$person" -D r2="$org" -D l1="$org")
    see_the_page "$org" || return 1
    for kind in with fenced bare; do list_script "$kind" >"$work/list-$kind.sql"; done
    for i in $(seq $((repeats + 2))); do
        bench_role=postgres list_cost bare && list_cost fenced && list_cost with || return 1
        note "list $i: $(cat "$work/cost-bare") us of the database's CPU bare," \
            "$(cat "$work/cost-fenced") us with row security, $(cat "$work/cost-with") us with both"
        divide "$(cat "$work/cost-fenced")" "$(cat "$work/cost-bare")" >>"$work/list-fenced"
        divide "$(cat "$work/cost-with")" "$(cat "$work/cost-bare")" >>"$work/list-with"
    done
    gate "list of 50 rows, row security, database CPU" at_most 1.1 1.3 "×" "$work/list-fenced" \
        "the same without row security"
    gate "list of 50 rows, row security and permission check, database CPU" at_most 1.1 1.6 "×" \
        "$work/list-with" "the same without either"
}

# Processor time of backends that have ended, in milliseconds.
ended_backends_ms() { awk '{ print ($16 + $17) * 10 }' "/proc/$(head -n 1 "$pg_home/data/postmaster.pid")/stat"; }

# Its processor time is what a statement costs, however busy the machine is.
list_cost() { # KIND
    local before tps
    before=$(ended_backends_ms)
    tps=$(pgbench_rate 1 "$seconds" "$work/list-$1.sql" "${options[@]}")
    [ -n "$tps" ] || { cat "$work/pgbench.err" >&2; return 1; }
    sleep 0.2
    awk -v ms=$(($(ended_backends_ms) - before)) -v tps="$tps" -v s="$seconds" \
        'BEGIN { print ms * 1000 / (tps * s) }' >"$work/cost-$1"
}

# --- crowd: more connections than libmicrohttpd's own loop can carry ---

bench_crowd() {
    local name i few crowd
    for name in $(runtimes); do
        start_ashlar "crowd-$name" ASHLAR_RUNTIME="$name" ASHLAR_CONNECTIONS=2016 ASHLAR_THREADS=16 || return 1
        for i in $(seq "$repeats"); do
            load "http://127.0.0.1:$port/livez" 32 "$seconds" || return 1
            few=$rate
            for crowd in 256 1000; do
                load "http://127.0.0.1:$port/livez" "$crowd" "$seconds" || return 1
                divide "$rate" "$few" >>"$work/crowd-$name-$crowd"
            done
        done
        end_all
        for crowd in 256 1000; do
            gate "GET /livez from $crowd connections, rate, \`$name\`" at_least 0.5 0.2 "×" \
                "$work/crowd-$name-$crowd" "32 connections"
        done
    done
}

# --- idle: what a browser that keeps its connection costs ---

bench_idle() {
    local held name i before
    ulimit -n "$(ulimit -Hn)"
    for name in $(runtimes); do
        # As many threads as it takes to be let in, where threads carry the connections.
        held=10000
        [ "$name" = reactors ] || held=7000
        [ "$(ulimit -n)" -gt $((held + 500)) ] || held=$(($(ulimit -n) - 500))
        for i in $(seq "$repeats"); do
            start_ashlar "idle-$name" ASHLAR_RUNTIME="$name" ASHLAR_THREADS=64 \
                ASHLAR_CONNECTIONS="$([ "$name" = reactors ] && echo 10100 || echo 8064)" || return 1
            before=$(resident_kib "$pid")
            hold_open "$held" || return 1
            divide $(($(resident_kib "$pid") - before)) "$held" >>"$work/idle-$name"
            let_go
            end_all
        done
        gate "memory of an idle connection, \`$name\`, $held of them" at_most 34 36 " KiB" "$work/idle-$name" \
            "each after one request"
    done
}

# --- flood: sign-ins past what the machine can hash, beside ordinary requests ---

request_of() { # METHOD PATH [HEADER] [BODY]
    printf '%s %s HTTP/1.1\r\nHost: localhost\r\n' "$1" "$2"
    [ -z "${3:-}" ] || printf '%s\r\n' "$3"
    [ -z "${4:-}" ] || printf 'Content-Type: application/json\r\nContent-Length: %d\r\n' "${#4}"
    printf '\r\n%s' "${4:-}"
}

bench_flood() {
    local name i token alone beside before
    local due ok busy other lost p50 p99 most busy_p99 in_time seconds=5
    # On threads each hash holds one of the eight, and nothing else is answered: nothing to gate.
    for name in $(runtimes | tail -n 1); do
        start_ashlar "flood-$name" ASHLAR_RUNTIME="$name" || return 1
        token=$(sign_in "$port")
        request_of GET /v1/me "Authorization: Bearer $token" >"$work/me.request"
        request_of POST /v1/auth/sessions "" \
            '{"email":"nobody######@example.com","password":"not the right one","transport":"bearer"}' >"$work/sign-in.request"
        before=$(resident_kib "$pid")
        for i in $(seq "$repeats"); do
            alone=$("$programs/openloop" "$port" 200 "$seconds" 64 <"$work/me.request" | awk '{ print $7 }')
            "$programs/openloop" "$port" 1000 "$seconds" 512 <"$work/sign-in.request" >"$work/flood.out" &
            pids+=("$!")
            beside=$("$programs/openloop" "$port" 200 "$seconds" 64 <"$work/me.request")
            wait "${pids[-1]}"
            read -r due ok busy other lost p50 p99 most busy_p99 in_time <"$work/flood.out"
            note "flood $i, $name: $due sign-ins due: $ok let in, $other refused (4xx), $busy answered 503" \
                "(p99 $busy_p99 ms), $lost lost; /v1/me p99 $alone ms alone, beside it (due 2xx 503 other lost p50 p99 most): $beside"
            divide "$(awk '{ print $7 }' <<<"$beside")" "$alone" >>"$work/flood-$name"
            awk '{ print ($1 - $2) * 100 / $1 }' <<<"$beside" >>"$work/flood-refused-$name"
            echo "$((lost * 100 / due))" >>"$work/flood-lost-$name"
        done
        divide $(($(resident_kib "$pid") - before)) 1024 >"$work/flood-mib-$name"
        end_all
        gate "GET /v1/me at 200/s beside 1,000 sign-ins/s, p99, \`$name\`" at_most 2 60 "×" "$work/flood-$name" \
            "alone"
        gate "GET /v1/me beside the flood not answered 200, \`$name\`" at_most 0 60 " %" \
            "$work/flood-refused-$name" "all that were sent"
        gate "memory added by the flood, \`$name\`" at_most 256 300 " MiB" "$work/flood-mib-$name" \
            "two hashes of 64 MiB at once"
        gate "sign-ins without an answer, \`$name\`" at_most 0 5 " %" "$work/flood-lost-$name" "all that were sent"
    done
}

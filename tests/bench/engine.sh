# The engine's measurements of tests/bench/run --long: streams, two lanes, overload. Sourced by it.
# shellcheck shell=bash disable=SC2154

# hold_open N [PATH]: N connections held on $port until end_all; false when they are not let in.
hold_open() {
    local got='' hold
    rm -f "$work/pipe" "$work/held"
    mkfifo "$work/pipe"
    "$programs/hold" "$port" "$@" <"$work/pipe" >"$work/held" &
    hold=$!
    pids+=("$hold")
    exec {held_pipe}>"$work/pipe"
    # However long a busy machine takes: it gives up by itself when nobody is let in.
    until [ -s "$work/held" ] || ! kill -0 "$hold" 2>/dev/null; do sleep 0.1; done
    got=$(cat "$work/held")
    [ "${got:-0}" = "$1" ] || { say "${got:-0} of $1 connections were let in"; return 1; }
}

let_go() { exec {held_pipe}>&-; rm -f "$work/pipe"; }

# --- streams: what thousands of quiet ones cost, in memory and to everybody else ---

bench_streams() {
    local n=5000 i server before quiet beside held
    ulimit -n "$(ulimit -Hn)"
    for i in $(seq "$repeats"); do
        start_ashlar_dev streams ASHLAR_RUNTIME=reactors ASHLAR_CONNECTIONS=$((n * 2)) ASHLAR_STREAMS=$n || return 1
        server=$pid
        # As warm as it will be: pools, fibers, connections to the database.
        load "http://127.0.0.1:$port/livez" 32 "$seconds" || return 1
        quiet=$(cpu_per_request "$server" "http://127.0.0.1:$port/livez") || return 1
        before=$(resident_kib "$server")
        hold_open "$n" /test/bench/stream || return 1
        sleep 2
        divide $(($(resident_kib "$server") - before)) "$n" >>"$work/streams-kib"
        beside=$(cpu_per_request "$server" "http://127.0.0.1:$port/livez") || return 1
        held=$(curl -sS "http://127.0.0.1:$port/metrics" | grep '^ashlar_bound_used{bound="streams"}')
        [ "${held##* }" = "$n" ] || { say "of $n streams, as the server counts: ${held:-no answer}"; return 1; }
        note "streams $i: $quiet us of server CPU a request alone, $beside us beside $n streams"
        awk -v a="$quiet" -v b="$beside" 'BEGIN { print b - a }' >>"$work/streams-us"
        let_go
        end_all
    done
    gate "memory of a quiet event stream, $n of them" at_most 24 28 " KiB" "$work/streams-kib" \
        "the server without them, warm"
    gate "server CPU that $n streams add to each other request" at_most 10 40 " µs" "$work/streams-us" \
        "the same without; heartbeats and their look at the database included"
}

# --- lanes: quick reads beside statements of 50 ms ---

bench_lanes() {
    local name i token alone me slow url
    # On threads the clients of the slow ones hold threads that others wait for: nothing to gate.
    for name in $(runtimes | tail -n 1); do
        start_ashlar_dev "lanes-$name" ASHLAR_RUNTIME="$name" || return 1
        url=http://127.0.0.1:$port
        token=$(sign_in "$port")
        for i in $(seq "$repeats"); do
            load "$url/v1/me" 32 "$seconds" "Authorization: Bearer $token" || return 1
            alone=$rate
            wrk -t1 -c8 -d"$((seconds + 1))s" "$url/test/bench/slow" >"$work/slow.out" &
            pids+=("$!")
            sleep 0.5
            load "$url/v1/me" 32 "$seconds" "Authorization: Bearer $token" || return 1
            me=$rate
            wait "${pids[-1]}"
            slow=$(awk '/^Requests\/sec/ { print $2 }' "$work/slow.out")
            note "lanes $i, $name: GET /v1/me $alone/s alone, $me/s beside 8 clients of a 50 ms statement, which got $slow/s of 160"
            divide "$me" "$alone" >>"$work/lanes-$name"
            divide "$slow" 160 >>"$work/lanes-slow-$name"
        done
        end_all
        gate "GET /v1/me beside 8 clients of a 50 ms statement, rate, \`$name\`" at_least 0.7 0.4 "×" \
            "$work/lanes-$name" "alone"
        gate "… and what those got" at_least 0.75 0.5 "×" "$work/lanes-slow-$name" "160/s, eight without waiting"
    done
}

# --- overload: a route that can do a few hundred a second is offered multiples of it, open loop ---

# The slow route's own best: as many clients as there are connections for it.
peak_of_slow() { # PORT
    wrk -t1 -c64 -d"${seconds}s" "http://127.0.0.1:$1/test/bench/slow" | awk '/^Requests\/sec/ { print $2 }'
}

bench_overload() {
    local i times peak due ok busy other lost p50 p99 most busy_p99 in_time seconds=4
    start_ashlar_dev overload ASHLAR_RUNTIME=reactors ASHLAR_CONNECTIONS=4096 || return 1
    request_of GET /test/bench/slow >"$work/slow.request"
    for i in $(seq "$repeats"); do
        peak=$(peak_of_slow "$port")
        for times in 2 5 10; do
            read -r due ok busy other lost p50 p99 most busy_p99 in_time < <("$programs/openloop" "$port" \
                "$(awk -v p="$peak" -v t="$times" 'BEGIN { printf "%d", p * t }')" "$seconds" 2048 <"$work/slow.request")
            note "overload $i, $times×: peak $peak/s; $due due: $ok served (of all answers p50 $p50, p99 $p99 ms)," \
                "$busy answered 503 (p99 $busy_p99 ms), $other otherwise, $lost lost"
            awk -v ok="$in_time" -v s="$seconds" -v p="$peak" 'BEGIN { print ok / s / p }' >>"$work/overload-$times"
            echo "$busy_p99" >>"$work/overload-ms-$times"
            echo $((lost + other)) >>"$work/overload-lost"
        done
    done
    end_all
    for times in 2 5 10; do
        gate "a slow route offered $times× what it can do: goodput" at_least 0.9 0.7 "×" "$work/overload-$times" \
            "its best with 64 clients"
        gate "… what is refused, p99" at_most 10 200 " ms" "$work/overload-ms-$times" "open loop, from when it was due"
    done
    gate "… neither served nor refused" at_most 0 0 "" "$work/overload-lost" "all that were sent"
}

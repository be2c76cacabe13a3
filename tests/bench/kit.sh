# What the measurements share: statistics, gates, servers and load. Sourced by tests/bench/run.
# shellcheck shell=bash
. tests/kit/setup.sh

build=var/build/release
programs=$build/tests/bench
work=$(mktemp -d)
pids=()
passed=0 failed=0
first_port=${ASHLAR_TEST_FIRST_PORT:-22100}
next_port=$first_port

# --- Statistics: numbers in, one to a line ---

median() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

range() { sort -g | awk 'NR == 1 { low = $1 } { high = $1 } END { printf "%.3g to %.3g", low, high }'; }

divide() { awk -v a="$1" -v b="$2" 'BEGIN { print b ? a / b : 0 }'; }

# --- Gates ---

# gate NAME at_most|at_least GOAL LIMIT UNIT FILE BASELINE: FILE has one number per repeat, BASELINE
# says what it is beside. The goal is what docs/performance.md promises; past the limit, which leaves
# room for a busy machine, the run fails.
gate() {
    local name=$1 way=$2 goal=$3 limit=$4 unit=$5 file=$6 baseline=$7 value spread verdict
    [ -s "$file" ] || { say "no number of: $name"; return 1; }
    value=$(median <"$file")
    spread=$(range <"$file")
    verdict=$(awk -v v="$value" -v g="$goal" -v l="$limit" -v way="$way" 'BEGIN {
        if (way == "at_least") { v = -v; g = -g; l = -l }
        print v <= g ? "reached" : v <= l ? "not reached" : "failed" }')
    if [ "$verdict" = failed ]; then failed=$((failed + 1)); else passed=$((passed + 1)); fi
    row "$name" "$(awk -v v="$value" 'BEGIN { printf "%.3g", v }')$unit ($spread)" "$baseline" \
        "$([ "$way" = at_most ] && echo ≤ || echo ≥) $goal$unit" "$verdict"
}

row() { printf '| %s | %s | %s | %s | %s |\n' "$@" >>"$work/table"; }

note() { printf '%s\n' "$*" >>"$work/notes"; }

say() { echo "$*" >&2; }

# --- Servers ---

take_port() {
    while (exec 3<>"/dev/tcp/127.0.0.1/$next_port") 2>/dev/null; do next_port=$((next_port + 1)); done
    port=$next_port
    next_port=$((next_port + 1))
}

# start NAME COMMAND…: runs in the background until the end of the run; $pid is its process.
start() {
    local name=$1
    shift
    "$@" >"$work/$name.log" 2>&1 &
    pid=$!
    pids+=("$pid")
}

wait_for() { # NAME URL
    local _
    for _ in $(seq 200); do
        [ "$(curl -s -m 2 -o "$work/answer" -w '%{http_code}' "$2")" = 200 ] && return
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    say "$1 does not answer at $2"
    tail -n 20 "$work/$1.log" >&2
    return 1
}

# start_program PROGRAM NAME [SETTING=value …]: $pid and $port are its own.
start_program() {
    local program=$1 name=$2
    shift 2
    take_port
    start "$name" env ASHLAR_LISTEN="127.0.0.1:$port" "$@" "$build/$program" serve
    wait_for "$name" "http://127.0.0.1:$port/readyz"
}

start_ashlar() { start_program ashlar "$@"; }

# With the routes below /test/bench, which the server does not have.
start_ashlar_dev() { start_program ashlar-dev "$@"; }

end_all() {
    local each
    for each in ${pids[@]+"${pids[@]}"}; do kill -TERM "$each" 2>/dev/null; done
    for each in ${pids[@]+"${pids[@]}"}; do wait "$each" 2>/dev/null; done
    pids=()
}

clean_up() {
    end_all
    stop_database
    rm -rf "$work"
}

# Nanoseconds on a processor, all threads.
cpu_ns() { awk '{ sum += $1 } END { printf "%.0f", sum }' /proc/"$1"/task/*/schedstat; }

resident_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# --- Load ---

# load URL CONNECTIONS SECONDS [HEADER]: $requests answered and $rate; every answer must be good.
load() {
    local out
    out=$(wrk --timeout 30s -t1 -c"$2" -d"${3}s" ${4:+-H "$4"} "$1") || return 1
    requests=$(awk '/ requests in / { print $1 }' <<<"$out")
    rate=$(awk '/^Requests\/sec/ { print $2 }' <<<"$out")
    ! grep -E 'Non-2xx|Socket errors' <<<"$out" >&2
}

# --- The database ---

# The statement NAME of an .sql file; with PREFIX its $1 $2 … are pgbench's :PREFIX1 :PREFIX2 …
statement() { # FILE NAME [PREFIX]
    local sql
    sql=$(awk -v name="$2" '/^-- name: / { on = $3 == name; next } on && !/^--/' "$1")
    [ -n "$sql" ] || { say "$1 has no statement $2"; return 1; }
    if [ -n "${3:-}" ]; then sed -E "s/\\\$([0-9]+)/:$3\\1/g" <<<"$sql"; else echo "$sql"; fi
}

# pgbench_rate CLIENTS SECONDS SCRIPT [OPTION…]: transactions per second as the role that serves.
pgbench_rate() {
    local clients=$1 seconds=$2 script=$3
    shift 3
    PGOPTIONS="-c role=${bench_role:-ashlar_app} -c search_path=pg_catalog -c TimeZone=UTC" \
        pgbench -n -M prepared -j 1 -c "$clients" -T "$seconds" -f "$script" "$@" "$DATABASE_URL" \
        2>"$work/pgbench.err" | awk '/^tps/ { print $3 }'
}

query() { psql -XAtq -v ON_ERROR_STOP=1 -d "$DATABASE_URL" "$@"; }

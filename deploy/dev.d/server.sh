# The development server: started, found again, stopped. Sourced by deploy/dev.
# shellcheck shell=bash disable=SC2154

ready_within=100 # tenths of a second

# When the process began, in clock ticks since boot: with the pid it names one process for good.
# Nothing for one that has ended and only waits to be noticed (Z).
started_at() { awk '{ sub(/^.*\) /, ""); if ($1 != "Z") print $20 }' "/proc/$1/stat" 2>/dev/null; }

# The pid of our server, when the process that has it is really the one started here.
server_pid() {
    local pid began
    [ -s "$state/serve.pid" ] && read -r pid began _ <"$state/serve.pid" || return 1
    [ -n "$began" ] && [ "$(started_at "$pid")" = "$began" ] && echo "$pid"
}

# What the running server was started from: binary and settings.
fingerprint() {
    { stat -c '%Y %s %i' "$ashlar"; env | grep -E '^(ASHLAR_|DATABASE_)' | sort; } | sha256sum | cut -c1-32
}

server_is_current() {
    local print
    read -r _ _ print <"$state/serve.pid" && [ "$print" = "$(fingerprint)" ]
}

readyz() { curl -sS -m 2 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$1/readyz" 2>/dev/null; }

# Who listens on the port, as "name (pid 123)"; nothing when nobody does.
port_holder() {
    local port=$1 line
    if command -v ss >/dev/null; then
        line=$(ss -Hltnp "sport = :$port" 2>/dev/null | head -n1)
        [ -n "$line" ] || return 0
        grep -oP 'users:\(\("\K[^"]+",pid=[0-9]+' <<<"$line" | sed 's/",pid=/ (pid /; s/$/)/' | grep . ||
            echo "a process of another user"
    elif (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "another program (install iproute2 to see which)"
    fi
}

# Before anything is built: a taken port would only show at the end.
check_port() {
    local port=${ASHLAR_LISTEN:-127.0.0.1:8080} holder
    port=${port##*:}
    server_pid >/dev/null && return
    holder=$(port_holder "$port")
    [ -z "$holder" ] || die "port $port is taken by $holder" \
        "stop it, or choose another: ASHLAR_LISTEN=127.0.0.1:$((port + 1)) deploy/dev"
}

start_server() {
    local pid port
    development_settings
    port=${ASHLAR_LISTEN##*:}
    if pid=$(server_pid); then
        if server_is_current && [ "$(readyz "$port")" = 200 ]; then
            return
        fi
        step "Restarting: the binary or its settings changed, or it does not respond"
        stop_server >/dev/null
    fi
    check_port
    [ ! -e "$state/serve.log" ] || mv -f "$state/serve.log" "$state/serve.log.1"
    setsid "$ashlar" serve </dev/null >"$state/serve.log" 2>&1 9>&- &
    pid=$!
    echo "$pid $(started_at "$pid") $(fingerprint)" >"$state/serve.pid"
    wait_until_ready "$pid" "$port"
}

wait_until_ready() {
    local pid=$1 port=$2 code
    for _ in $(seq "$ready_within"); do
        [ "$(readyz "$port")" = 200 ] && return
        if ! kill -0 "$pid" 2>/dev/null; then
            code=0
            wait "$pid" || code=$?
            rm -f "$state/serve.pid"
            die "the server exited immediately (exit $code)" "$(tail -n 8 "$state/serve.log")" \
                "docs/runbooks/cannot-start.md"
        fi
        sleep 0.1
    done
    die "the server is up but not ready after $((ready_within / 10)) s" \
        "$(curl -s -m 2 "http://127.0.0.1:$port/readyz")" "deploy/dev logs; deploy/dev ashlar doctor"
}

stop_server() {
    local pid
    pid=$(server_pid) || { rm -f "$state/serve.pid"; return 0; }
    kill -TERM "$pid" 2>/dev/null || true
    for _ in $(seq 150); do
        [ -n "$(server_pid)" ] || break
        sleep 0.1
    done
    if [ -n "$(server_pid)" ]; then
        say "the server did not end within 15 s; killing it"
        kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$state/serve.pid"
    say "server stopped"
}

server_status() {
    local pid port
    development_settings
    port=${ASHLAR_LISTEN##*:}
    if pid=$(server_pid); then
        say "server    running, pid $pid, /readyz answers $(readyz "$port"), $ASHLAR_PUBLIC_URL"
    else
        say "server    not running"
    fi
}

print_links() {
    cat <<TEXT

Ashlar is running.
  API docs        $ASHLAR_PUBLIC_URL/docs
  Captured mails  $ASHLAR_PUBLIC_URL/dev/mail
  Dev overview    $ASHLAR_PUBLIC_URL/dev
  Log             deploy/dev logs        Stop  deploy/dev stop

Try it, signing in as the owner of the demo organisation:
  curl -s $ASHLAR_PUBLIC_URL/v1/auth/sessions -H 'Content-Type: application/json' \\
    -d '{"email":"demo@example.com","password":"open-the-demo-door","transport":"bearer"}' | jq

Staff (admin routes want a second factor; this signs in with one and prints a token):
  TOKEN=\$(deploy/dev staff)
  curl -s $ASHLAR_PUBLIC_URL/v1/admin/orgs -H "Authorization: Bearer \$TOKEN" | jq

Next: docs/first-hour.md
TEXT
}

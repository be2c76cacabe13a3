# Hosts of the operations suite: each a shipped template of settings as it is (deploy/environments), and after it
# one file that says where this machine listens, what is reached, and its secrets. Sourced by
# tests/operations/release.sh. Knows no release.
# shellcheck shell=bash disable=SC2016,SC2154

# What differs from the template: URLs, ports and secrets, of those that it names and no other.
write_override() { # ENVIRONMENT FOLDER PORT OPS_PORT URL DATABASE_URL
    local folder=$2
    openssl rand -hex 32 >"$folder/secret_key"
    openssl rand -hex 32 >"$folder/smoke_token"
    printf '%s\n' "$6" >"$folder/database_url"
    echo pw >"$folder/smtp_password"
    chmod 400 "$folder/secret_key" "$folder/smoke_token" "$folder/database_url" "$folder/smtp_password"
    {
        printf 'ASHLAR_LISTEN=127.0.0.1:%s\nASHLAR_PUBLIC_URL=%s\nASHLAR_APP_URL=%s\n' "$3" "$5" "$5"
        [ "$1" != development ] || echo "DATABASE_URL=$6"
        [ "$1" = development ] || printf 'ASHLAR_OPS_LISTEN=127.0.0.1:%s\nASHLAR_CORS_ORIGINS=%s\n' "$4" "$5"
        [ "$1" = development ] || printf '%s_FILE=%s\n' ASHLAR_SECRET_KEY "$folder/secret_key" \
            DATABASE_URL "$folder/database_url"
        [ "$1" != staging ] || echo "ASHLAR_SMOKE_TOKEN_FILE=$folder/smoke_token"
        [ "$1" != production ] || printf 'ASHLAR_SMTP_URL=smtp://127.0.0.1:1\nASHLAR_SMTP_PASSWORD_FILE=%s\n' \
            "$folder/smtp_password"
    } >"$folder/override"
}

# Nothing but URLs, ports and secrets, nothing taken away, and nothing that the template does not set.
keeps_to_the_template() { # ENVIRONMENT OVERRIDE
    local line name kinds
    kinds=$("$build/ashlar" config docs | sed -nE 's/^\| `([A-Z_0-9]+)` \| ([^|]*(URL|secret)[^|]*) \|.*/\1/p')
    kinds+=$'\nASHLAR_LISTEN\nASHLAR_OPS_LISTEN\nASHLAR_CORS_ORIGINS'
    while IFS= read -r line; do
        name=${line%%=*}
        [[ $line == *=?* ]] || { echo "\"$line\" takes a setting away"; return 1; }
        grep -q "^$name=" "deploy/environments/$1.env.example" || { echo "the template of $1 has no $name"; return 1; }
        grep -qxF "${name%_FILE}" <<<"$kinds" || { echo "$name is no URL, port or secret"; return 1; }
    done <"$2"
}

# The suite's own hosts do, and what does not would be noticed.
overrides_keep_to_the_templates() {
    local name folder=$work/overrides
    mkdir -p "$folder"
    for name in development staging production; do
        write_override "$name" "$folder" 1 2 http://localhost "$DATABASE_URL"
        keeps_to_the_template "$name" "$folder/override" || return 1
        rm "$folder"/*
    done
    echo 'ASHLAR_DB_CONNECTIONS=5' >"$folder/more"
    expect_exit 1 'ASHLAR_DB_CONNECTIONS is no' keeps_to_the_template production "$folder/more" || return 1
    echo 'ASHLAR_OPS_LISTEN=' >"$folder/less"
    expect_exit 1 'takes a setting away' keeps_to_the_template production "$folder/less" || return 1
    echo 'ASHLAR_STRIPE_KEY=x' >"$folder/other"
    expect_exit 1 'has no ASHLAR' keeps_to_the_template production "$folder/other"
}

# FOLDER becomes what docs/deploy.md has at /srv/ashlar.
make_host() { # ENVIRONMENT FOLDER PORT OPS_PORT URL DATABASE_URL
    mkdir -p "$2"
    write_override "$@" || return 1
    keeps_to_the_template "$1" "$2/override" || return 1
    cat "deploy/environments/$1.env.example" "$2/override" >"$2/environment"
}

# Its supervisor and servers, ended as systemd ends them.
end_host() { # FOLDER
    local pid
    pid=$(cat "$1/run/supervisor.pid" 2>/dev/null) || return 0
    kill "$pid" 2>/dev/null
    for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    ! kill -0 "$pid" 2>/dev/null || { echo "the supervisor does not end"; return 1; }
    ! pgrep -f "$1/releases/" || { echo "a server is left"; return 1; }
}

# Both listeners answer; the template of development has one.
both_serve() { # FOLDER
    local at
    at=$(sed -n 's/^ASHLAR_LISTEN=//p' "$1/environment" | tail -n 1)
    curl -sf -m 5 -o /dev/null "http://$at/readyz" || { echo "nobody is ready on $at"; return 1; }
    at=$(sed -n 's/^ASHLAR_OPS_LISTEN=//p' "$1/environment" | tail -n 1)
    [ -z "$at" ] || grep -q '^ashlar_' <<<"$(curl -sf -m 5 "http://$at/metrics")" || { echo "no metrics on $at"; return 1; }
}

# Each of two generations alone, the other one held still.
either_serves_both() { # FOLDER PID PID
    local pid good=yes
    for pid in "$2" "$3"; do
        kill -STOP "$pid"
        both_serve "$1" && both_serve "$1" || good=
        kill -CONT "$pid"
    done
    [ -n "$good" ]
}

generations_of() { pgrep -P "$(cat "$1/run/supervisor.pid")"; }

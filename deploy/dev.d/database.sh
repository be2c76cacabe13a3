# A private PostgreSQL for this clone, or the one DATABASE_URL names. Sourced by deploy/dev.
# shellcheck shell=bash disable=SC2154

# The cluster belongs to whoever runs this, to postgres when that is root (initdb refuses root).
owner() { if [ "$(id -u)" = 0 ]; then echo postgres; else id -un; fi; }

as_owner() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@")
    else
        "$@"
    fi
}

# Chosen once and remembered: under var/, unless its owner cannot pass a folder above it (a clone in
# root's home).
cluster() {
    local folder=$state/postgres
    if [ -s "$state/cluster" ]; then
        cat "$state/cluster"
        return
    fi
    if [ "$(id -u)" = 0 ] && ! as_owner test -x "$state"; then
        folder=/var/tmp/ashlar-$(printf '%s' "$root" | sha256sum | cut -c1-12)
    fi
    [ ! -d "$state" ] || echo "$folder" >"$state/cluster"
    echo "$folder"
}

# Socket paths end at 107 bytes.
socket_folder() {
    local folder
    folder=$(cluster)
    if [ ${#folder} -gt 80 ]; then
        echo "/tmp/ashlar-$(printf '%s' "$folder" | sha256sum | cut -c1-12)"
    else
        echo "$folder/socket"
    fi
}

development_settings() {
    local port sockets
    export ASHLAR_ENV=${ASHLAR_ENV:-development} ASHLAR_LISTEN=${ASHLAR_LISTEN:-127.0.0.1:8080}
    port=${ASHLAR_LISTEN##*:}
    export ASHLAR_PUBLIC_URL=${ASHLAR_PUBLIC_URL:-http://localhost:$port}
    # Links in mails open the example front end, docs/examples/web.
    export ASHLAR_APP_URL=${ASHLAR_APP_URL:-http://localhost:5173}
    sockets=$(socket_folder)
    export DATABASE_URL="${own_database:-postgresql:///ashlar?host=$sockets&user=ashlar_dev}"
}

cluster_runs() {
    local bin
    bin=$(pg_bin) && as_owner "$bin/pg_ctl" -D "$(cluster)/data" status >/dev/null 2>&1
}

as_superuser() { as_owner "$(pg_bin)/psql" -XAtq -v ON_ERROR_STOP=1 -h "$(socket_folder)" -U ashlar_root "$@"; }

make_cluster() {
    local folder=$1 bin=$2
    [ -e "$folder/data/PG_VERSION" ] && return
    step "Creating a private PostgreSQL in $folder"
    install -d -m 700 -o "$(owner)" "$folder"
    : >"$folder/made-by-deploy-dev"
    # Under another name until complete, so that an interrupted initdb is not taken for a cluster.
    rm -rf "$folder/new"
    as_owner "$bin/initdb" -D "$folder/new" -U ashlar_root -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
        >"$state/initdb.log" 2>&1 9>&- || die "initdb failed" "$(tail -n 5 "$state/initdb.log")"
    mv "$folder/new" "$folder/data"
}

make_database() {
    # A login as a managed PostgreSQL gives it: no superuser, may make roles.
    as_superuser -d postgres <<'SQL' || die "the development database cannot be created"
SELECT 'CREATE ROLE ashlar_dev LOGIN CREATEROLE' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ashlar_dev') \gexec
SELECT 'CREATE DATABASE ashlar OWNER ashlar_dev' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'ashlar') \gexec
SQL
}

start_database() {
    local folder sockets bin
    if [ -n "$own_database" ]; then
        step "Using the database of DATABASE_URL"
        return
    fi
    folder=$(cluster) sockets=$(socket_folder) bin=$(pg_bin)
    cluster_runs && return
    make_cluster "$folder" "$bin"
    install -d -m 700 -o "$(owner)" "$sockets"
    # A restart after a crash or a power cut is PostgreSQL's own business: it replays its log.
    as_owner "$bin/pg_ctl" -D "$folder/data" -w -t 60 -l "$folder/server.log" \
        -o "-k '$sockets' -c listen_addresses= -c max_connections=100" start >/dev/null 2>&1 9>&- ||
        die "PostgreSQL does not start" "$(tail -n 5 "$folder/server.log" 2>/dev/null)" \
            "its log: $folder/server.log"
    make_database
}

stop_database() {
    local folder
    folder=$(cluster)
    cluster_runs || return 0
    as_owner "$(pg_bin)/pg_ctl" -D "$folder/data" -w -m fast stop >/dev/null
    say "database stopped"
}

database_status() {
    if [ -n "$own_database" ]; then
        say "database  DATABASE_URL (not started here)"
    elif cluster_runs; then
        say "database  running in $(cluster)"
    else
        say "database  not running"
    fi
}

# Only ever a folder this script made.
delete_database() {
    local folder
    folder=$(cluster)
    if [ -e "$folder/made-by-deploy-dev" ]; then
        rm -rf "$folder"
        say "deleted $folder"
    fi
    rm -f "$state/cluster" "$state/seeded"
}

# migrate VERB WHAT: WHAT says what failed.
migrate() {
    local code=0 hint=docs/runbooks/cannot-start.md
    (development_settings && "$ashlar" migrate "$1") >"$state/migrate.log" 2>&1 9>&- || code=$?
    [ "$code" != 4 ] || hint="or start over with an empty database: deploy/dev reset"
    [ "$code" = 0 ] || die "$2 (exit $code)" "$(tail -n 20 "$state/migrate.log")" "$hint"
}

redo_migration() {
    migrate redo "rolling back and reapplying the newest migration failed, the server is stopped"
    grep -E '^(rolled back|applied) ' "$state/migrate.log" | while read -r line; do step "$line"; done
}

apply_schema() {
    migrate up "migrating failed"
    (development_settings && "$ashlar" maintain) >"$state/maintain.log" 2>&1 9>&- ||
        die "creating partitions failed" "$(tail -n 8 "$state/maintain.log")"
    [ -e "$state/seeded" ] || step "Adding demo data"
    (development_settings && "$ashlar" seed) >"$state/seed.log" 2>&1 9>&- ||
        die "seeding failed" "$(tail -n 8 "$state/seed.log")"
    : >"$state/seeded"
}

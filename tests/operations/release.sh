# Part of the operations suite: releases, rollbacks, backups, the unit files and the environments' templates.
# Sourced by tests/operations/run, whose check and expect_exit it uses. Knows no route.
# shellcheck shell=bash
. tests/operations/nginx.sh

home=$work/home
smoke_token=$(openssl rand -hex 32)
host_port=$(free_port)
promised=$host_port
tls_port=$(free_port)
promised="$host_port $tls_port"
public=https://localhost:$tls_port

# A host in staging mode: an empty database, settings, nginx with a certificate of its own in front.
prepare_host() {
    local database=operations_release_$$
    psql -XAtq -d "$cluster" -c "CREATE DATABASE $database" || return 1
    mkdir -p "$home"
    cat >"$home/environment" <<END
# staging
ASHLAR_ENV=staging
ASHLAR_PUBLIC_URL=$public
ASHLAR_APP_URL=$public
ASHLAR_LISTEN=127.0.0.1:$host_port
ASHLAR_TRUSTED_PROXIES=127.0.0.1/32
ASHLAR_SECRET_KEY=$(openssl rand -hex 32)
ASHLAR_MAIL=catch
ASHLAR_MAIL_FROM="Acme <hello@acme.example>"
ASHLAR_SMOKE_TOKEN=$smoke_token
ASHLAR_STORAGE_FOLDER=$work/storage
ASHLAR_PASSWORD_MEMORY_MIB=19
DATABASE_URL=$(ASHLAR_TEST_DATABASE_URL=$cluster url_of_database "$database")
END
}

releasing() { ASHLAR_HOME=$home deploy/release "$@"; }
rolling_back() { ASHLAR_HOME=$home deploy/rollback "$@"; }
in_service() { basename "$(readlink "$home/current")"; }
served_commit() { curl -sf --cacert "$work/nginx/cert.pem" "$public/version"; }

smoke_through_nginx() {
    CURL_CA_BUNDLE=$work/nginx/cert.pem SMOKE_TOKEN=$smoke_token tests/smoke "$public"
}

first_release() {
    releasing "$build/ashlar" one || return 1
    [ "$(in_service)" = one ] || { echo "in service: $(in_service)"; return 1; }
    smoke_through_nginx
}

# Clients ask without a pause and never try again.
second_release_under_load() {
    local asked
    : >"$work/answers"
    touch "$work/asking"
    (while [ -e "$work/asking" ]; do
        curl -s -o /dev/null -m 10 --cacert "$work/nginx/cert.pem" -w '%{http_code}\n' "$public/v1/me" >>"$work/answers"
    done) &
    asked=$!
    releasing "$build/ashlar" two || { rm "$work/asking"; return 1; }
    rm "$work/asking"
    wait "$asked"
    [ "$(in_service)" = two ] || { echo "in service: $(in_service)"; return 1; }
    [ "$(sort -u "$work/answers")" = 401 ] ||
        { echo "answers other than 401:"; sort "$work/answers" | uniq -c; return 1; }
    [ "$(wc -l <"$work/answers")" -gt 10 ]
}

# It starts and is ready, but a part of it is missing: only the smoke test can tell.
a_broken_one() {
    printf '#!/bin/sh\n[ "$1" != serve ] || export ASHLAR_MODULES=users,auth\nexec %s "$@"\n' "$root/$build/ashlar" >"$work/broken"
    chmod +x "$work/broken"
}

broken_release_changes_nothing() {
    a_broken_one
    expect_exit 1 'FAILED at: smoke' releasing "$work/broken" broken || return 1
    [ "$(in_service)" = two ] || { echo "in service: $(in_service)"; return 1; }
    grep -q 'broken failed smoke' "$home/history" || { cat "$home/history"; return 1; }
    [ "$(pgrep -cf "$home/releases/broken/ashlar")" = 0 ] || { echo "it still runs"; return 1; }
    served_commit >/dev/null
}

one_that_does_not_start() {
    printf '#!/bin/sh\n[ "$1" != serve ] || exit 6\nexec %s "$@"\n' "$root/$build/ashlar" >"$work/dead"
    chmod +x "$work/dead"
    expect_exit 1 'FAILED at: trial' releasing "$work/dead" dead || return 1
    [ "$(in_service)" = two ] && served_commit >/dev/null
}

# It passes its trial, and does not come up on the shared socket.
one_that_fails_at_the_last_step() {
    printf '#!/bin/sh\n[ -z "${LISTEN_FDS:-}" ] || exit 1\nexec %s "$@"\n' "$root/$build/ashlar" >"$work/late"
    chmod +x "$work/late"
    expect_exit 1 'FAILED at: hand over' releasing "$work/late" late || return 1
    [ "$(in_service)" = two ] && served_commit >/dev/null
}

wrong_settings_are_found_first() {
    cp "$home/environment" "$work/environment"
    echo ASHLAR_LISTNE=x >>"$home/environment"
    expect_exit 1 'FAILED at: settings' releasing "$build/ashlar" three
    local code=$?
    cp "$work/environment" "$home/environment"
    return $code
}

# The schema has moved on by an expand this binary does not know, as after a release that was taken back.
rollback_on_a_newer_schema() {
    psql -XAtq -d "$(sed -n 's/^DATABASE_URL=//p' "$home/environment")" -c "INSERT INTO platform.migration
        (module, number, name, phase, checksum, duration_ms)
        VALUES ('users', 9999, '9999_of_the_future', 'expand', repeat('0', 64), 1)" || return 1
    rolling_back || return 1
    [ "$(in_service)" = one ] || { echo "in service: $(in_service)"; return 1; }
    smoke_through_nginx || return 1
    expect_exit 1 'no release' rolling_back never
}

a_killed_server_is_started_again() {
    local pid
    pid=$(pgrep -f "$home/releases/one/ashlar serve" || pgrep -P "$(cat "$home/run/supervisor.pid")" | head -n 1)
    kill -9 "$pid"
    for _ in $(seq 100); do
        sleep 0.1
        [ "$(pgrep -P "$(cat "$home/run/supervisor.pid")" | head -n 1)" != "$pid" ] && [ -e "$home/run/one.ready" ] &&
            served_commit >/dev/null && return
    done
    tail -n 5 "$home/log"
    return 1
}

end_host() {
    local pid
    pid=$(cat "$home/run/supervisor.pid" 2>/dev/null) || return 0
    kill "$pid" 2>/dev/null
    for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    ! kill -0 "$pid" 2>/dev/null || { echo "the supervisor does not end"; return 1; }
    ! pgrep -f "$home/releases/" || { echo "a server is left"; return 1; }
}

backup_and_drill() {
    local url facts before
    url=$(sed -n 's/^DATABASE_URL=//p' "$home/environment")
    mkdir -p "$work/storage" && echo picture >"$work/storage/picture"
    psql -XAtq -d "$url" -c "DELETE FROM platform.migration WHERE number = 9999" || return 1
    DATABASE_URL=$url ASHLAR_STORAGE_FOLDER=$work/storage deploy/backup "$work/backup" || return 1
    [ "$(stat -c %a "$work/backup")" = 600 ] || { echo "others may read it"; return 1; }
    DATABASE_URL=$cluster ASHLAR=$build/ashlar deploy/restore --drill "$work/backup" || return 1
    expect_exit 1 'not empty' env "DATABASE_URL=$url" "ASHLAR=$build/ashlar" deploy/restore "$work/backup" || return 1
    # And for good: every row is there again, and the files.
    facts="SELECT string_agg(format('%s %s', t, (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM ' || t,
        false, true, '')))[1]), ' ' ORDER BY t) FROM (SELECT c.oid::regclass::text AS t FROM pg_class c JOIN pg_namespace n
        ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)') AS tables"
    before=$(psql -XAtq -d "$url" -c "$facts")
    psql -XAtq -d "$cluster" -c "CREATE DATABASE operations_restored_$$" || return 1
    url=$(ASHLAR_TEST_DATABASE_URL=$cluster url_of_database "operations_restored_$$")
    bare ASHLAR_ENV=development "DATABASE_URL=$url" "ASHLAR=$build/ashlar" "ASHLAR_STORAGE_FOLDER=$work/files" \
        deploy/restore "$work/backup" || return 1
    [ "$(psql -XAtq -d "$url" -c "$facts")" = "$before" ] || { echo "rows differ"; return 1; }
    [ "$(cat "$work/files/picture")" = picture ]
}

# Exposure as systemd rates it, and no directive it does not know.
units_are_tight() {
    local unit rating wrong folder=$work/units
    command -v systemd-analyze >/dev/null || { echo "no systemd-analyze: apt-get install systemd"; return 1; }
    mkdir -p "$folder"
    # Where they would run the binary of a host, verify wants to find one.
    for unit in deploy/systemd/*; do sed "s#/srv/ashlar/current/ashlar#$root/$build/ashlar#" "$unit" >"$folder/${unit##*/}"; done
    wrong=$(SYSTEMD_UNIT_PATH=$folder: systemd-analyze verify --man=no "$folder"/* 2>&1 | grep "^$folder\|ashlar")
    [ -z "$wrong" ] || { echo "$wrong"; return 1; }
    for unit in "$folder"/*.service; do
        rating=$(systemd-analyze security --offline=true --no-pager "$unit" | sed -nE 's/.*exposure level for [^:]*: ([0-9.]+) .*/\1/p')
        awk -v r="$rating" 'BEGIN { exit !(r != "" && r <= 1.5) }' || { echo "$unit: exposure ${rating:-unknown}"; return 1; }
    done
}

unknown_directives_are_noticed() {
    local folder=$work/units
    sed 's/^NoNewPrivileges=/NoNewPrivilege=/' "$folder/ashlar.service" >"$folder/odd.service"
    SYSTEMD_UNIT_PATH=$folder: systemd-analyze verify --man=no "$folder/odd.service" 2>&1 | grep -q "NoNewPrivilege'"
}

# Each template, with its files of secrets made, is a complete configuration of its environment.
template_does() { # NAME
    local folder=$work/template-$1
    mkdir -p "$folder"
    sed "s#/etc/ashlar/#$folder/#g" "deploy/environments/$1.env.example" >"$folder/env"
    openssl rand -hex 32 >"$folder/secret_key"
    openssl rand -hex 32 >"$folder/smoke_token"
    echo 'postgresql://ashlar:pw@127.0.0.1/ashlar' >"$folder/database_url"
    echo pw >"$folder/smtp_password"
    echo whsec_0123456789abcdef0123456789abcdef >"$folder/stripe_webhook_secret"
    echo sk_test_0123456789abcdef0123456789abcdef >"$folder/stripe_key"
    chmod 400 "$folder"/*[!v]
    expect_exit 0 "in order" bare bash -c 'set -a; . "$1"; exec "$2" config check' _ "$folder/env" "$build/ashlar"
}

check "every unit file's exposure is at most 1.5, and systemd knows all it says" units_are_tight
check "a directive that is misspelt would be noticed" unknown_directives_are_noticed
for name in development staging production; do
    check "the template of $name is a complete configuration" template_does "$name"
done
prepare_host && start_nginx "$work/nginx" "$tls_port" "$host_port" || stop_here "no host in staging mode"
check "a first release is served, and its smoke passes through nginx" first_release
check "a second takes over while clients ask: none is refused" second_release_under_load
check "a broken release fails its smoke test and changes nothing" broken_release_changes_nothing
check "so does one that does not start" one_that_does_not_start
check "one that fails at the last step is taken back" one_that_fails_at_the_last_step
check "settings that do not fit are found before anything is touched" wrong_settings_are_found_first
check "a rollback takes the same steps, on a schema that has moved on" rollback_on_a_newer_schema
check "a server that is killed is started again" a_killed_server_is_started_again
check "SIGTERM drains all and leaves nothing running" end_host
stop_nginx
check "a backup restores, row by row, and its drill passes the smoke test" backup_and_drill

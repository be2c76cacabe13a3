# Part of the operations suite: releases, rollbacks, the unit files and the environments' templates.
# Sourced by tests/operations/run, whose check and expect_exit it uses. Knows no route.
# shellcheck shell=bash disable=SC2015,SC2016,SC2034,SC2119,SC2120,SC2154
. tests/operations/nginx.sh
. tests/operations/host.sh
. tests/operations/handover.sh
. tests/operations/managed.sh
. tests/operations/backup.sh

home=$work/home
host_port=$(free_port)
promised=$host_port
tls_port=$(free_port)
promised="$host_port $tls_port"
ops_port=$(free_port)
promised="$host_port $tls_port $ops_port"
public=https://localhost:$tls_port

# A host in staging mode: the template, an empty database of a login without superuser, nginx with a certificate of
# its own in front. Production's database is in the same cluster, under its template's names.
prepare_host() {
    host_name=operations_release_$$
    start_managed && make_login staging CREATEROLE && make_login production CREATEROLE || return 1
    host_database=$(managed_database staging "$host_name") &&
        production_database=$(managed_database production "operations_production_$$") || return 1
    make_host staging "$home" "$host_port" "$ops_port" "$public" "$host_database"
}

# What one environment's login can do in the other's: nothing, and what stands in the way is checked by doctor.
environments_are_apart() {
    local doctor=$work/doctor
    bare ASHLAR_ENV=test "DATABASE_URL=$production_database" "$build/ashlar" migrate up >"$work/production.log" 2>&1 ||
        { cat "$work/production.log"; return 1; }
    expect_exit 2 'permission denied for database' psql -Xd "$(managed_url staging "operations_production_$$")" -c 'SELECT 1' || return 1
    expect_exit 2 'permission denied for database' psql -Xd "$(managed_url production "$host_name")" -c 'SELECT 1' || return 1
    expect_exit 1 'permission denied to set role' psql -Xd "$host_database" -c 'SET ROLE ashlar_system' || return 1
    expect_exit 1 'permission denied to set role' psql -Xd "$production_database" -c 'SET ROLE ashlar_staging_owner' || return 1
    an_operators_command
    expect_exit 0 'warn +cluster +before PostgreSQL 16 staging can' "$work/ashlar" doctor || return 1
    as_admin postgres -c 'ALTER ROLE staging NOCREATEROLE' || return 1
    expect_exit 0 'ok +cluster' "$work/ashlar" doctor || return 1
    expect_exit 0 'nothing to do' "$work/ashlar" migrate up || return 1
    as_admin postgres -c 'ALTER ROLE staging CREATEROLE' -c "GRANT CONNECT ON DATABASE $host_name TO PUBLIC" || return 1
    expect_exit 1 "fail +cluster" "$work/ashlar" doctor >"$doctor" || return 1
    expect_exit 1 "REVOKE CONNECT ON DATABASE $host_name FROM PUBLIC;" "$work/ashlar" doctor || return 1
    "$work/ashlar" migrate up && expect_exit 0 'cluster' "$work/ashlar" doctor || return 1
    # Another database under the same names is another matter.
    as_admin postgres -c "CREATE DATABASE operations_same_$$ OWNER staging" || return 1
    bare ASHLAR_ENV=test ASHLAR_DB_ROLE_PREFIX=ashlar_staging_ "DATABASE_URL=$(managed_url staging "operations_same_$$")" \
        "$build/ashlar" migrate up || return 1
    expect_exit 0 "ashlar_staging_app is also a role of operations_same_$$" "$work/ashlar" doctor || return 1
    as_admin postgres -c "DROP DATABASE operations_same_$$"
}

releasing() { ASHLAR_HOME=$home deploy/release "$@"; }
rolling_back() { ASHLAR_HOME=$home deploy/rollback "$@"; }
in_service() { basename "$(readlink "$home/current")"; }
served_commit() { curl -sf --cacert "$work/nginx/cert.pem" "$public/version"; }

smoke_through_nginx() {
    CURL_CA_BUNDLE=$work/nginx/cert.pem SMOKE_TOKEN=$(cat "$home/smoke_token") tests/smoke "$public"
}

# The binary in service, with the host's settings, as docs/deploy.md has operators call it.
an_operators_command() {
    cat >"$work/ashlar" <<END
#!/bin/bash
unset "\${!ASHLAR_@}" DATABASE_URL
while IFS= read -r line; do
    value=\${line#*=} value=\${value#\"}
    case \$line in [A-Z]*=*) export "\${line%%=*}=\${value%\"}" ;; esac
done <"$home/environment"
exec "$home/current/ashlar" "\$@"
END
    chmod +x "$work/ashlar"
}

# All of it, paid: what smoke skips while nothing is sold, and what it cannot do without making staff.
story_through_nginx() {
    an_operators_command
    "$work/ashlar" payments sync-catalog deploy/plans.json || return 1
    SMOKE_MAKE_STAFF="$work/ashlar admin create" smoke_through_nginx >"$work/story" 2>&1 || { cat "$work/story"; return 1; }
    ! grep skip "$work/story" && grep -q "webhook makes the subscription active" "$work/story"
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
# A part of the binary that fails, with the exit code and words of the real one.
a_binary_that() { # NAME SHELL
    printf '#!/bin/sh\n%s\nexec %s "$@"\n' "$2" "$root/$build/ashlar" >"$work/$1"
    chmod +x "$work/$1"
}

still_in_service() { # NAME STEP
    [ "$(in_service)" = "$1" ] && served_commit >/dev/null || { echo "in service: $(in_service)"; return 1; }
    grep -q "failed $2" <<<"$(tail -n 1 "$home/history")" || { tail -n 1 "$home/history"; return 1; }
}

one_whose_migration_fails() {
    a_binary_that locked 'case "$1" in migrate) echo "lock timeout" >&2; exit 1;; esac'
    expect_exit 1 'FAILED at: migrations' releasing "$work/locked" locked && still_in_service two migrations
}

one_that_does_not_fit_on_the_disk() {
    (ulimit -f 1000 && expect_exit 1 'FAILED at: copy' releasing "$build/ashlar" large) || return 1
    [ ! -e "$home/releases/large" ] && [ ! -e "$home/releases/large.new" ] || { echo "a part of it stayed"; return 1; }
    still_in_service two copy || return 1
    mkdir -p "$work/full" && printf '#!/bin/sh\necho head; echo a b c 1000\n' >"$work/full/df" && chmod +x "$work/full/df"
    PATH=$work/full:$PATH expect_exit 1 'FAILED at: disk' releasing "$build/ashlar" large && still_in_service two disk
}

# Killed outright while its trial runs: the trial ends with it, and the next release finds nothing in its way.
one_whose_release_is_killed() {
    local trials
    printf '#!/bin/sh\nkill -9 $PPID\nsleep 1\n' >"$work/murder"
    chmod +x "$work/murder"
    ASHLAR_SMOKE=$work/murder expect_exit 137 trial releasing "$build/ashlar" murdered || return 1
    for _ in $(seq 100); do
        trials=$(pgrep -cf "$home/releases/murdered/ashlar serve")
        [ "$trials" != 0 ] || break
        sleep 0.2
    done
    [ "$trials" = 0 ] || { echo "its trial still runs"; return 1; }
    [ "$(in_service)" = two ] && served_commit >/dev/null
}

# As a release leaves it that was killed between its last steps: the link set, two names wanted.
one_cut_at_the_link() {
    printf '%s\n' two one >"$home/run/wanted"
    kill -HUP "$(cat "$home/run/supervisor.pid")"
    ln -sfn releases/two "$home/current.new"
    releasing "$build/ashlar" again || return 1
    [ "$(cat "$home/run/wanted")" = again ] && [ "$(in_service)" = again ] || { cat "$home/run/wanted"; return 1; }
    for _ in $(seq 300); do
        [ "$(pgrep -P "$(cat "$home/run/supervisor.pid")" | wc -l)" = 1 ] && break
        sleep 0.1
    done
    [ "$(pgrep -P "$(cat "$home/run/supervisor.pid")" | wc -l)" = 1 ] || { echo "two generations are left"; return 1; }
    rm "$home/current.new"
    printf '%s\n' again one >"$home/run/wanted" # and the one gone back to runs already
    kill -HUP "$(cat "$home/run/supervisor.pid")"
    for _ in $(seq 100); do [ -e "$home/run/one.ready" ] && break; sleep 0.1; done
    rolling_back one
}

# The very first release of a host whose port somebody else has.
first_release_on_a_taken_port() {
    local other=$work/other
    mkdir -p "$other"
    sed "s#^ASHLAR_LISTEN=.*#ASHLAR_LISTEN=127.0.0.1:$port#" "$home/environment" >"$other/environment"
    ASHLAR_HOME=$other expect_exit 1 'FAILED at: hand over' deploy/release "$build/ashlar" first || return 1
    grep -q 'cannot listen' "$other/log" || { cat "$other/log"; return 1; }
    [ ! -e "$other/current" ] || { echo "it is left in service"; return 1; }
}

wrong_names_are_refused() {
    expect_exit 2 'is no name' releasing "$build/ashlar" ../up && expect_exit 2 'is no name' releasing "$build/ashlar" 'a b'
}

lines_nobody_reads_are_refused() {
    cp "$home/environment" "$work/environment"
    echo 'export ASHLAR_LOG_LEVEL=warn' >>"$home/environment"
    expect_exit 1 'not NAME=value' releasing "$build/ashlar" three
    local code=$?
    cp "$work/environment" "$home/environment"
    return $code
}

# SIGTERM goes unheard: the supervisor ends it after 40 s.
an_old_one_that_does_not_stop() {
    local stuck
    stuck=$(pgrep -P "$(cat "$home/run/supervisor.pid")" | head -n 1)
    kill -STOP "$stuck"
    releasing "$build/ashlar" after || return 1
    ! kill -0 "$stuck" 2>/dev/null || { echo "it is still there"; return 1; }
    grep -q supervise.killed "$home/log" || return 1
    served_commit >/dev/null
    rolling_back one
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
    as_admin "$host_name" -c "INSERT INTO platform.migration
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
    grep -q "NoNewPrivilege'" <<<"$(SYSTEMD_UNIT_PATH=$folder: systemd-analyze verify --man=no "$folder/odd.service" 2>&1)"
}

# The calls a group of systemd's stands for.
calls_of() { # GROUP|CALL
    local word
    case $1 in @*) ;; *) echo "$1"; return ;; esac
    systemd-analyze syscall-filter "$1" | sed -nE 's/^ +([-@a-z0-9_]+)$/\1/p' | while read -r word; do calls_of "$word"; done
}

calls_the_unit_lets_through() { # UNIT: its lines in their order
    local line word
    : >"$work/allowed"
    while read -r line; do
        for word in ${line#\~}; do calls_of "$word"; done | sort -u >"$work/named"
        case $line in
        '~'*) comm -23 "$work/allowed" "$work/named" >"$work/next" ;;
        *) sort -u "$work/allowed" "$work/named" >"$work/next" ;;
        esac
        mv "$work/next" "$work/allowed"
    done < <(sed -n 's/^SystemCallFilter=//p' "$1")
    cat "$work/allowed"
}

# No systemd runs here: the calls of a whole smoke test are compared with what the unit would let through.
no_call_is_refused_by_the_unit() {
    local at tracer refused
    at=$(free_port)
    ASAN_OPTIONS=detect_leaks=0 ASHLAR_LISTEN=127.0.0.1:$at ASHLAR_PUBLIC_URL=http://localhost:$at \
        strace -f -c -S name -o "$work/calls" "$build/ashlar" serve >"$work/traced.log" 2>&1 &
    tracer=$!
    for _ in $(seq 150); do curl -sf -o /dev/null "http://localhost:$at/readyz" && break; sleep 0.1; done
    tests/smoke "http://localhost:$at" || return 1
    pkill -TERM -P "$tracer" && wait "$tracer"
    calls_the_unit_lets_through deploy/systemd/ashlar.service >"$work/let_through"
    awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { print $NF }' "$work/calls" | sort -u >"$work/made"
    [ "$(wc -l <"$work/made")" -gt 30 ] && grep -qx sendto "$work/made" || { cat "$work/calls"; return 1; }
    refused=$(comm -23 "$work/made" "$work/let_through")
    [ -z "$refused" ] || { echo "the unit refuses:" "$refused"; return 1; }
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
    expect_exit 0 "settings are valid" bare bash -c 'set -a; . "$1"; exec "$2" config check' _ "$folder/env" "$build/ashlar"
}

check "every unit file's exposure is at most 1.5, and systemd knows all it says" units_are_tight
check "a directive that is misspelt would be noticed" unknown_directives_are_noticed
check "the server makes no system call that its unit refuses" no_call_is_refused_by_the_unit
check "a host adds to its template URLs, ports and secrets only" overrides_keep_to_the_templates
for name in development staging production; do
    check "the template of $name is a complete configuration" template_does "$name"
done
trap 'stop_managed; stop_server; stop_database' EXIT
prepare_host && start_nginx "$work/nginx" "$tls_port" "$host_port" || stop_here "no host in staging mode"
check "a first release is served, and its smoke passes through nginx" first_release
check "two environments in one cluster reach each other by nothing" environments_are_apart
check "where plans are sold, the whole story is walked and paid through nginx" story_through_nginx
check "a second takes over while clients ask: none is refused" second_release_under_load
check "while two generations overlap, each serves both listeners" two_overlap_on_both
check "a broken release fails its smoke test and changes nothing" broken_release_changes_nothing
check "so does one that does not start" one_that_does_not_start
check "one that fails at the last step is taken back, and says why in its own words" a_failed_hand_over_says_why
check "so is one whose operations port somebody else has, by name" a_taken_port_is_named
check "settings that do not fit are found before anything is touched" wrong_settings_are_found_first
check "so are lines that systemd and the supervisor would pass over" lines_nobody_reads_are_refused
check "so is a name that would be a path" wrong_names_are_refused
check "one whose migration fails changes nothing" one_whose_migration_fails
check "nor does one for which there is no room" one_that_does_not_fit_on_the_disk
check "a release that is killed leaves no trial behind" one_whose_release_is_killed
check "a first release whose port is taken leaves nothing in service" first_release_on_a_taken_port
check "a rollback takes the same steps, on a schema that has moved on" rollback_on_a_newer_schema
check "a server that is killed is started again" a_killed_server_is_started_again
check "one that was cut before its last step is made good by the next" one_cut_at_the_link
check "the operations port may change from one release to the next" another_ops_port
check "a binary that takes one socket only runs below this supervisor" an_old_binary
[ -z "$long" ] || check "an old one that does not stop is ended" an_old_one_that_does_not_stop
check "SIGTERM drains all and leaves nothing running" end_host "$home"
stop_nginx
check "below a supervisor that hands over one socket only, the other is taken when it comes free" an_old_supervisor
check "systemd's sockets are known by their names, in whatever order" sockets_of_systemd
psql -XAtq -d "$cluster" -c "CREATE DATABASE operations_development_$$"
check "a release follows a release on a host of development, and is taken back" \
    releases_follow development "$(ASHLAR_TEST_DATABASE_URL=$cluster url_of_database "operations_development_$$")"
check "so it does on a host of production" releases_follow production "$production_database"
check "a backup restores, row by row and right by right, without a superuser" backs_up_and_restores
check "it restores under other names of roles" restores_under_other_names
check "a drill uses the empty database it is given, and no secret is an argument" drills_in_a_given_database
check "it makes one where the login may" drills_in_one_it_makes
check "a backup that is interrupted, or finds no room, leaves nothing behind" an_interrupted_backup_leaves_nothing
check "where nobody uploaded a picture there is nothing to save, and it says so" a_host_without_pictures_is_backed_up
check "half a backup restores nothing, and the whole one then does, in a cluster without the roles" half_a_backup_restores_nothing
stop_managed

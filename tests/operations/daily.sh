# What operators do beside releases: queries of runbooks, the worker's listener, draining before a load balancer,
# maintenance without a timer, a host whose service does not have a secret. Sourced by tests/operations/run, whose check
# and expect_exit it uses. Knows no step of a release.
# shellcheck shell=bash disable=SC2016,SC2154
daily_database="operations_daily_$$"
daily_key=$(openssl rand -hex 32)
daily_url=$(ASHLAR_TEST_DATABASE_URL=$cluster url_of_database "$daily_database" | sed 's/user=[a-z]*/user=daily_login/')

# As docs/deploy.md has it: a login that owns the database, and is no superuser; a customer in it.
prepare_daily() {
    psql -XAtq -d "$cluster" -c 'CREATE ROLE daily_login LOGIN CREATEROLE' \
        -c "CREATE DATABASE $daily_database OWNER daily_login" || return 1
    daily ASHLAR_ENV=development "$build/ashlar" migrate up >"$work/daily.log" 2>&1 &&
        daily ASHLAR_ENV=development "$build/ashlar" seed >>"$work/daily.log" 2>&1 || { cat "$work/daily.log"; return 1; }
}

# Instead of this shell, so that in the background it is who is sent signals.
become_daily() {
    exec env -i PATH="$PATH" ASHLAR_ENV=production ASHLAR_PUBLIC_URL=https://api.acme.example \
        ASHLAR_APP_URL=https://app.acme.example ASHLAR_SECRET_KEY="$daily_key" DATABASE_URL="$daily_url" \
        ASHLAR_DB_ROLE_PREFIX=daily_ ASHLAR_SMTP_URL=smtp://127.0.0.1:1 ASHLAR_MAIL_FROM='Acme <hello@acme.example>' \
        ASHLAR_STORAGE_FOLDER="$work/daily_files" ASHLAR_LISTEN="127.0.0.1:$(free_port)" "$@"
}
daily() { (become_daily "$@"); }

# --- SQL of runbooks ---

# Every statement that a runbook prints in quotes of any kind, one a line; … is somebody's id.
runbook_sql() {
    cat docs/runbooks/*.md | tr '\n' ' ' | grep -oE "(\`|\"|')(SELECT|select|UPDATE|DELETE FROM) [^\`\"]*" | sed -E 's/^.//; s/;? *$//; s/ +/ /g' |
        awk -F"'" 'NF % 2 == 0 { sub(/.$/, "") } { print }' |
        sed -E "s/= …/= '00000000-0000-0000-0000-000000000000'/g" | sort -u
}

runbook_sql_runs() {
    local sql n=0
    while IFS= read -r sql; do
        n=$((n + 1))
        daily "$build/ashlar" psql -XAtq -v ON_ERROR_STOP=1 -c "BEGIN; $sql; ROLLBACK" >/dev/null || { echo "does not run: $sql"; return 1; }
    done < <(runbook_sql)
    [ "$n" -ge 8 ] || { echo "only $n statements were found"; return 1; }
}

# What it is about: rows, where the login itself is answered "no rows".
psql_sees_every_tenant() {
    local rows
    [ "$(psql -XAtq -d "$daily_url" -c 'SELECT count(*) FROM platform.audit')" = 0 ] || { echo "the login sees rows itself"; return 1; }
    rows=$(daily "$build/ashlar" psql -XAtq -c 'SELECT count(*) FROM platform.audit' -c 'SELECT max(at) FROM platform.audit' \
        -c 'SELECT count(*) FROM users.person') || return 1
    grep -q '^0$' <<<"$rows" && { echo "no rows: $rows"; return 1; }
    [ "$(wc -w <<<"$rows")" -ge 3 ]
}

# A tenant's table is asked for by `ashlar psql`, or the reader finds nothing.
runbooks_name_the_client() {
    ! grep -nE 'psql "\$DATABASE' docs/runbooks/*.md | grep -v 'database-away.md' || return 1
    ! grep -rnE '(FROM|from) (platform|users|payments|integrations|auth|notifications|analytics|admin)\.' docs/runbooks/*.md |
        grep -v 'ashlar psql' || return 1
}

# The password, with what URLs escape, goes by the environment; what has no variable by an argument.
psql_takes_the_url_as_it_is() {
    local url="$daily_url&application_name=x&keepalives_idle=7&password=a%20b%27"
    [ "$(daily DATABASE_URL="$url" "$build/ashlar" psql -XAtq -c 'SELECT current_user')" = daily_system ]
}

psql_without_the_role_says_so() {
    psql -XAtq -d "$cluster" -c 'CREATE ROLE daily_weak LOGIN IN ROLE daily_app' -c "GRANT CONNECT ON DATABASE $daily_database TO daily_weak" || return 1
    expect_exit 1 'permission denied to set role "daily_system"' \
        daily DATABASE_SYSTEM_URL="${daily_url/daily_login/daily_weak}" "$build/ashlar" psql -c 'SELECT 1'
}

# --- doctor and readiness: every role, storage ---

doctor_tries_every_role() {
    local weak=${daily_url/daily_login/daily_weak}
    expect_exit 1 'fail +database.*as daily_system: .*permission denied to set role' \
        daily DATABASE_SYSTEM_URL="$weak" "$build/ashlar" doctor || return 1
    expect_exit 1 'fail +database.*as daily_owner: .*permission denied to set role' \
        daily DATABASE_OWNER_URL="$weak" "$build/ashlar" doctor || return 1
    expect_exit 1 'fail +database.*database "nowhere" does not exist' \
        daily DATABASE_URL="${daily_url/$daily_database/nowhere}" "$build/ashlar" doctor || return 1
    expect_exit 1 'fail +database.*role "nobody" does not exist' \
        daily DATABASE_URL="${daily_url/daily_login/nobody}" "$build/ashlar" doctor || return 1
    expect_exit 1 'fail +database.*Connection refused' \
        daily DATABASE_URL=postgresql://127.0.0.1:1/x "$build/ashlar" doctor || return 1
    expect_exit 1 'fail +storage .*/proc/nope' daily ASHLAR_STORAGE_FOLDER=/proc/nope "$build/ashlar" doctor || return 1
    expect_exit 1 'ok +storage' daily "$build/ashlar" doctor
}

# serving WORDS NAME=value…: a server of its own says on its operators' listener why it is not ready.
is_not_ready() {
    local words=$1 at ops pid answer=''
    shift
    at=$(free_port) && promised="${promised:-} $at" && ops=$(free_port) || return 1
    become_daily "$@" ASHLAR_LISTEN="127.0.0.1:$at" ASHLAR_OPS_LISTEN="127.0.0.1:$ops" "$build/ashlar" serve >"$work/unready.log" 2>&1 &
    pid=$!
    for _ in $(seq 100); do
        answer=$(curl -s -m 3 "http://127.0.0.1:$ops/readyz") && grep -qE "$words" <<<"$answer" && break
        sleep 0.1
    done
    kill "$pid"
    wait "$pid"
    grep -qE "$words" <<<"$answer" || { echo "$answer"; tail -n 3 "$work/unready.log"; return 1; }
}

readiness_tries_every_role() {
    is_not_ready 'as daily_system: .*permission denied to set role' DATABASE_SYSTEM_URL="${daily_url/daily_login/daily_weak}" &&
        is_not_ready '/proc/nope' ASHLAR_STORAGE_FOLDER=/proc/nope
}

# --- The worker ---

a_worker_is_seen() {
    local ops pid good=yes
    ops=$(free_port) || return 1
    become_daily ASHLAR_OPS_LISTEN="127.0.0.1:$ops" "$build/ashlar" worker >"$work/worker.log" 2>&1 &
    pid=$!
    for _ in $(seq 100); do curl -sf -o /dev/null "http://127.0.0.1:$ops/readyz" && break; sleep 0.1; done
    grep -q '^ashlar_jobs_total' <<<"$(curl -s "http://127.0.0.1:$ops/metrics")" || { echo "no metrics of jobs"; good=; }
    expect_exit 0 '^ready' daily ASHLAR_OPS_LISTEN="127.0.0.1:$ops" "$build/ashlar" health || good=
    [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$ops/v1/me")" = 404 ] || { echo "it answers more"; good=; }
    kill "$pid"
    wait "$pid" || { echo "it ends with $?"; good=; }
    expect_exit 1 'no response' daily ASHLAR_OPS_LISTEN="127.0.0.1:$ops" "$build/ashlar" health || good=
    [ -n "$good" ] || { cat "$work/worker.log"; return 1; }
}

# --- SIGTERM ---

# Not ready at once, and everybody answered for as long as was said; then nobody listens.
is_unready_before_it_is_gone() {
    local at pid began took code seen=''
    at=$(free_port) || return 1
    become_daily ASHLAR_DRAIN_DELAY_S=2 ASHLAR_LISTEN="127.0.0.1:$at" "$build/ashlar" serve >"$work/delay.log" 2>&1 &
    pid=$!
    for _ in $(seq 100); do curl -sf -o /dev/null "http://127.0.0.1:$at/readyz" && break; sleep 0.1; done
    kill "$pid"
    began=$(date +%s%3N)
    sleep 0.2
    while code=$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$at/readyz"); do
        [ "$code" = 503 ] || { echo "readyz answers $code while it drains"; return 1; }
        [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$at/livez")" = 200 ] || break
        seen=yes
        sleep 0.05
    done
    took=$(($(date +%s%3N) - began))
    wait "$pid" || { echo "it ends with $?"; return 1; }
    [ -n "$seen" ] && [ "$took" -ge 1900 ] || { echo "it listened for $took ms after SIGTERM"; return 1; }
}

# --- Maintenance without a timer ---

maintains_until_it_is_told_to_end() {
    local pid
    become_daily "$build/ashlar" maintain --daily >"$work/maintain.log" 2>&1 &
    pid=$!
    for _ in $(seq 100); do grep -q 'analytics done' "$work/maintain.log" && break; sleep 0.1; done
    grep -q 'analytics done' "$work/maintain.log" || { cat "$work/maintain.log"; return 1; }
    kill -0 "$pid" || { echo "it ended"; return 1; }
    kill "$pid"
    wait "$pid" || { echo "it ends with $?"; return 1; }
}

# Each service of the containers runs a verb that there is, and one of them maintains.
containers_maintain() {
    local verbs verb
    verbs=$(sed -nE 's/^ +command: \["([a-z]+)".*/\1/p' deploy/compose.yaml)
    grep -qx maintain <<<"$verbs" || { echo "nothing maintains"; return 1; }
    for verb in $verbs; do "$build/ashlar" help "$verb" >/dev/null || return 1; done
}

# --- Secrets ---

secret_settings() { "$build/ashlar" config docs | sed -nE 's/^\| `([A-Z_0-9]+)` \| [^|]*secret[^|]* \|.*/\1/p'; }

# A unit that does not load a secret leaves its setting unset, without a word.
units_load_every_secret() {
    local unit name
    [ "$(secret_settings | wc -l)" -gt 5 ] || return 1
    for unit in ashlar ashlar-worker ashlar-maintain; do
        for name in $(secret_settings); do
            grep -q "^LoadCredential=$name:/etc/ashlar/credentials/$name\$" "deploy/systemd/$unit.service" ||
                { echo "$unit.service does not load $name"; return 1; }
            [[ $name == ASHLAR_SECRET_KEY || $name == DATABASE_URL ]] || grep -qF "SetCredential=$name:\\n" "deploy/systemd/$unit.service" ||
                { echo "$unit.service does not start without $name"; return 1; }
        done
    done
}

# What deploy/release and deploy/ashlar give is what the unit gives: no more, no less, and what it leaves is said.
credentials_are_the_units() {
    local home=$work/credentials
    mkdir -p "$home/bin" "$home/current" "$home/secrets"
    printf '%s\n' '#!/bin/sh' '[ "$1 $2" = "cat ashlar.service" ] || exit 1' \
        "printf 'LoadCredential=ASHLAR_SMTP_PASSWORD:%s\\nLoadCredential=ASHLAR_STORAGE_S3_SECRET:%s\\n' '$home/secrets/ASHLAR_SMTP_PASSWORD' '$home/secrets/none'" \
        >"$home/bin/systemctl"
    printf '#!/bin/sh\nenv\n' >"$home/current/ashlar"
    chmod +x "$home/bin/systemctl" "$home/current/ashlar"
    echo loaded >"$home/secrets/ASHLAR_SMTP_PASSWORD"
    echo idle >"$home/secrets/ASHLAR_STRIPE_KEY"
    echo 'ASHLAR_ENV=staging' >"$home/environment"
    PATH=$home/bin:$PATH ASHLAR_HOME=$home deploy/ashlar doctor >"$home/seen" || return 1
    grep -qx 'ASHLAR_SMTP_PASSWORD=loaded' "$home/seen" && grep -qx 'ASHLAR_ENV=staging' "$home/seen" || { cat "$home/seen"; return 1; }
    ! grep -E '^(ASHLAR_STRIPE_KEY|ASHLAR_STORAGE_S3_SECRET|DATABASE_URL)=' "$home/seen" || return 1
    [ "$(PATH=$home/bin:$PATH bash -c '. deploy/settings.sh; idle_credentials')" = "$home/secrets/ASHLAR_STRIPE_KEY" ]
}

check "a database as deploy.md makes it" prepare_daily
check "the SQL of every runbook runs by ashlar psql, as the documented login" runbook_sql_runs
check "ashlar psql sees every tenant's rows, where the login sees none" psql_sees_every_tenant
check "runbooks ask for tenants' rows by ashlar psql" runbooks_name_the_client
check "ashlar psql takes the URL as the server does" psql_takes_the_url_as_it_is
check "without the role it says so, and opens nothing" psql_without_the_role_says_so
check "doctor tries every role and the storage, with PostgreSQL's own reason" doctor_tries_every_role
check "so does readiness" readiness_tries_every_role
check "a worker has metrics and health" a_worker_is_seen
check "at SIGTERM it is not ready first, and closed later" is_unready_before_it_is_gone
check "maintain --daily goes on until SIGTERM" maintains_until_it_is_told_to_end
check "containers run maintain" containers_maintain
check "the units load every secret there is" units_load_every_secret
check "a trial and deploy/ashlar have the unit's credentials" credentials_are_the_units

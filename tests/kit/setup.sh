# Sourced by tests/run and .ci/run: what a Debian machine needs, and a PostgreSQL of our own.
# Knows no suite.
# shellcheck shell=bash

packages=(gcc libc6-dev lld make cmake ninja-build pkg-config
    libmicrohttpd-dev libpq-dev libjansson-dev libsodium-dev libssl-dev libcurl4-openssl-dev zlib1g-dev
    libidn2-dev libunistring-dev libcmocka-dev
    postgresql postgresql-client nodejs npm curl jq openssl procps)

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# need_packages [NAME…]: install what is missing, the list above and NAMEs, in one go.
need_packages() {
    local missing=() name
    command -v dpkg-query > /dev/null || return 0
    for name in "${packages[@]}" "$@"; do
        [[ $(dpkg-query -W -f '${Status}' "$name" 2> /dev/null) = 'install ok'* ]] || missing+=("$name")
    done
    [ ${#missing[@]} = 0 ] && return 0
    # What came from elsewhere (a newer node, say) needs no package.
    command -v node > /dev/null && command -v npm > /dev/null &&
        missing=($(printf '%s\n' "${missing[@]}" | grep -vx -e nodejs -e npm))
    [ ${#missing[@]} = 0 ] && return 0
    echo "installing ${missing[*]}"
    mkdir -p var/test
    as_root env DEBIAN_FRONTEND=noninteractive flock -o var/test/packages.lock sh -c \
        'apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@"' \
        apt "${missing[@]}" > /dev/null || {
        echo "these packages are missing and could not be installed: ${missing[*]}" >&2
        exit 2
    }
}

# Node packages of a suite, from its lock file. Suites that run beside each other may want the same.
need_node_packages() { # FOLDER
    mkdir -p var/test
    (
        flock 9
        [ -d "$1/node_modules" ] && [ "$1/node_modules" -nt "$1/package-lock.json" ] && exit 0
        cd "$1" && npm ci --silent --no-audit --no-fund 9>&- && touch node_modules
    ) 9> var/test/npm.lock
}

pg_home=
pg_bin=

# PostgreSQL refuses to run as root: then another user owns the cluster.
as_pg_user() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        "$@"
    fi
}

# What makes the cluster fast and forgetful; empty for measurements.
pg_durability=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=1GB)

# Most tests have a database of their own, a copy of 700 files: 0.1 s in memory, 1 s on ext4.
memory_has_room() {
    [ ${#pg_durability[@]} != 0 ] && [ -w /dev/shm ] &&
        [ "$(df --output=avail -k /dev/shm 2> /dev/null | tail -n 1)" -ge $((4 * 1024 * 1024)) ]
}

# Left by who was killed: no server lives in them any more.
forget_old_homes() {
    local home pid
    while read -r home; do
        pid=$(head -n 1 "$home/data/postmaster.pid" 2> /dev/null)
        [ -n "$pid" ] && [ -d "/proc/$pid" ] || rm -rf "$home" "$home.log"
    done < <(find /dev/shm -maxdepth 1 -type d -name 'ashlar-pg-*' -mmin +180)
}

# A folder in memory, under var/test-pg where that has no room, or under /tmp where the cluster's
# user cannot reach this tree. It holds the socket too, so a long path goes to /tmp as well (107
# bytes are a socket's limit).
make_pg_home() {
    if memory_has_room; then
        forget_old_homes 2> /dev/null
        pg_home=$(mktemp -d /dev/shm/ashlar-pg-XXXXXX)
    else
        mkdir -p var/test-pg
        pg_home=$(mktemp -d "$PWD/var/test-pg/XXXXXX")
    fi
    chmod 700 "$pg_home"
    [ "$(id -u)" = 0 ] && chown postgres:postgres "$pg_home"
    if [ ${#pg_home} -gt 80 ] || ! as_pg_user test -w "$pg_home" 2> /dev/null; then
        rmdir "$pg_home"
        pg_home=$(mktemp -d)
        [ "$(id -u)" = 0 ] && chown postgres:postgres "$pg_home"
    fi
    return 0
}

# A private cluster; sets ASHLAR_TEST_DATABASE_URL.
start_database() {
    local port=54321
    [ -n "${ASHLAR_TEST_DATABASE_URL:-}" ] && return 0
    pg_bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -V | tail -n 1)
    [ -n "$pg_bin" ] || { echo "no PostgreSQL server in /usr/lib/postgresql" >&2; return 1; }
    make_pg_home
    as_pg_user "$pg_bin/initdb" -D "$pg_home/data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 \
        --no-sync > "$pg_home.log" 2>&1 || { cat "$pg_home.log"; return 1; }
    (cd / && as_pg_user "$pg_bin/pg_ctl" -D "$pg_home/data" -l "$pg_home/data/log" -w -o "-p $port \
        -k $pg_home -c listen_addresses='' \
        -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off \
        -c max_connections=200 -c shared_buffers=256MB -c max_wal_size=4GB ${pg_durability[*]-}" start) \
        >> "$pg_home.log" 2>&1 || { cat "$pg_home.log" "$pg_home/data/log"; return 1; }
    export ASHLAR_TEST_DATABASE_URL="postgresql:///postgres?host=$pg_home&port=$port&user=postgres"
}

# Name a database in a postgresql:// URL that names another: both forms keep host, port and user.
url_of_database() {
    sed -E "s#^(postgres(ql)?://[^/?]*)(/[^?]*)?#\1/$1#" <<<"$ASHLAR_TEST_DATABASE_URL"
}

# By its own process id; its data goes with it.
stop_database() {
    [ -n "$pg_home" ] && [ -d "$pg_home" ] || return 0
    [ -e "$pg_home/data/postmaster.pid" ] &&
        (cd / && as_pg_user "$pg_bin/pg_ctl" -D "$pg_home/data" -m immediate -w stop) > /dev/null 2>&1
    rm -rf "$pg_home" "$pg_home.log"
    return 0
}

# A cluster as managed PostgreSQL gives it: connections by TLS only, with passwords, and logins that are no
# superuser. Sourced by tests/operations/release.sh. Knows no schema.
# shellcheck shell=bash disable=SC2154
managed_home='' managed_port='' managed_admin=''

start_managed() {
    local own=$pg_home bin
    bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    make_pg_home
    managed_home=$pg_home pg_home=$own
    managed_port=$(free_port) || return 1
    as_pg_user "$bin/initdb" -D "$managed_home/data" -A trust -U postgres \
        -E UTF8 --locale=C.UTF-8 --no-sync >"$work/managed.log" 2>&1 || { cat "$work/managed.log"; return 1; }
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout "$work/managed.key" -out "$work/managed.pem" 2>/dev/null || return 1
    as_pg_user tee "$managed_home/data/server.crt" <"$work/managed.pem" >/dev/null
    as_pg_user sh -c 'umask 077; cat >"$1"' _ "$managed_home/data/server.key" <"$work/managed.key"
    printf '%s\n' 'local all postgres trust' 'hostssl all all 127.0.0.1/32 scram-sha-256' |
        as_pg_user tee "$managed_home/data/pg_hba.conf" >/dev/null
    (cd / && as_pg_user "$bin/pg_ctl" -D "$managed_home/data" -l "$managed_home/data/log" -w -o "-p $managed_port \
        -k $managed_home -c listen_addresses=127.0.0.1 -c ssl=on -c fsync=off -c synchronous_commit=off \
        -c max_connections=120" start) >>"$work/managed.log" 2>&1 9>&- || { cat "$work/managed.log"; return 1; }
    managed_admin="postgresql:///postgres?host=$managed_home&port=$managed_port&user=postgres"
}

stop_managed() {
    local bin
    [ -n "$managed_home" ] && [ -d "$managed_home" ] || return 0
    bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    (cd / && as_pg_user "$bin/pg_ctl" -D "$managed_home/data" -m immediate -w stop) >/dev/null 2>&1
    rm -rf "$managed_home"
}

# The password of each; as DATABASE_URL writes it.
managed_password='s@cret /word' managed_password_escaped='s%40cret%20%2Fword'

make_login() { # LOGIN [ATTRIBUTE…]
    local login=$1
    shift
    psql -XAtq -d "$managed_admin" -v password="$managed_password" -f - <<<"CREATE ROLE $login LOGIN $* PASSWORD :'password'"
}

# An empty database that LOGIN owns; prints its URL.
managed_database() { # LOGIN DATABASE
    psql -XAtq -d "$managed_admin" -c "CREATE DATABASE $2 OWNER $1" && managed_url "$1" "$2"
}

managed_url() { # LOGIN DATABASE
    echo "postgresql://$1:$managed_password_escaped@localhost:$managed_port/$2?sslmode=verify-full&sslrootcert=$work/managed.pem"
}

# The same database past every fence.
as_admin() { # DATABASE PSQL-ARGUMENT…
    local database=$1
    shift
    psql -XAtq -d "postgresql:///$database?host=$managed_home&port=$managed_port&user=postgres" "$@"
}

#!/bin/bash
# cluster.sh start|crash|destroy FOLDER PORT: a PostgreSQL of one test's own, on a socket in FOLDER.
set -eu
verb=$1 folder=$2 port=$3
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$bin/initdb" ] || bin=$(pg_config --bindir)

as_owner() { # initdb refuses root
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; else "$@"; fi
}

cd /
case $verb in
start)
    if [ ! -d "$folder/data" ]; then
        [ "$(id -u)" != 0 ] || chown postgres "$folder"
        as_owner "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync
    fi
    as_owner "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" -o \
        "-p $port -k '$folder' -c listen_addresses='' -c fsync=off -c restart_after_crash=on" start
    ;;
crash) as_owner "$bin/pg_ctl" -D "$folder/data" -w -m immediate stop ;;
destroy)
    as_owner "$bin/pg_ctl" -D "$folder/data" -w -m immediate stop
    rm -rf "$folder"
    ;;
esac

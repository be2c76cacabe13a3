# Part of the operations suite: backups, restores and drills, by logins with LOGIN and CREATEROLE only. Sourced by
# tests/operations/release.sh, whose host and cluster it uses. Knows no route.
# shellcheck shell=bash disable=SC2015,SC2016,SC2154

restoring() { # DATABASE_URL [NAME=value …] -- ARGUMENT…
    local -a env=("DATABASE_URL=$1" "ASHLAR=$build/ashlar")
    shift
    while [ "$1" != -- ]; do env+=("$1"); shift; done
    shift
    bare "${env[@]}" deploy/restore "$@"
}

# Every table and how many rows it has.
rows_of() { # DATABASE
    as_admin "$1" -c "SELECT string_agg(format('%s %s', t, (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM ' || t,
        false, true, '')))[1]), ' ' ORDER BY t) FROM (SELECT c.oid::regclass::text AS t FROM pg_class c JOIN pg_namespace n
        ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)') AS tables"
}

# What may be done by whom: owners, rights, policies, bodies of functions; with one prefix for all of them.
rights_of() { # DATABASE PREFIX
    as_admin "$1" <<'SQL' | sed -E "s/\b$2(owner|app|system)\b/ashlar_\1/g"
SELECT format('%s %s %s', oid::regclass, relowner::regrole, ARRAY(SELECT unnest(relacl)::text ORDER BY 1)) FROM pg_class
    WHERE relnamespace::regnamespace::text ~ '^(platform|users|auth|payments)$' ORDER BY 1;
SELECT format('%s %s %s %s', oid::regprocedure, proowner::regrole, ARRAY(SELECT unnest(proacl)::text ORDER BY 1), md5(prosrc)) FROM pg_proc
    WHERE pronamespace::regnamespace::text = 'users' ORDER BY 1;
SELECT format('%s', pg_get_functiondef('platform.declare_tenant'::regproc));
SELECT format('%s %s %s %s %s', polrelid::regclass, polname, polroles::regrole[], pg_get_expr(polqual, polrelid), polpermissive)
    FROM pg_policy ORDER BY polrelid::regclass::text, polname;
SELECT format('%s %s %s', nspname, nspowner::regrole, ARRAY(SELECT unnest(nspacl)::text ORDER BY 1)) FROM pg_namespace WHERE nspname !~ '^(pg_|information)' ORDER BY 1;
SQL
}

backs_up_and_restores() {
    local url
    as_admin "$host_name" -c "DELETE FROM platform.migration WHERE number = 9999" || return 1
    mkdir -p "$work/storage" && echo picture >"$work/storage/picture"
    DATABASE_URL=$host_database ASHLAR_STORAGE_FOLDER=$work/storage deploy/backup "$work/backup" || return 1
    [ "$(stat -c %a "$work/backup")" = 600 ] || { echo "others may read it"; return 1; }
    expect_exit 1 "$host_name is not empty: it holds schema" restoring "$host_database" -- "$work/backup" || return 1
    url=$(managed_database staging "operations_restored_$$") || return 1
    restoring "$url" "ASHLAR_STORAGE_FOLDER=$work/files" -- "$work/backup" || return 1
    [ "$(rows_of "operations_restored_$$")" = "$(rows_of "$host_name")" ] || { echo "rows differ"; return 1; }
    [ "$(cat "$work/files/picture")" = picture ] || return 1
    diff <(rights_of "$host_name" ashlar_staging_) <(rights_of "operations_restored_$$" ashlar_staging_)
}

# For another environment, say: other roles, which were not there, and a login that is a member of none.
restores_under_other_names() {
    local url
    make_login rescue CREATEROLE && url=$(managed_database rescue "operations_renamed_$$") || return 1
    expect_exit 1 'begins no role' restoring "$url" ASHLAR_DB_ROLE_PREFIX=Rescue -- "$work/backup" || return 1
    restoring "$url" ASHLAR_DB_ROLE_PREFIX=rescue_ -- "$work/backup" || return 1
    [ "$(rows_of "operations_renamed_$$")" = "$(rows_of "$host_name")" ] || { echo "rows differ"; return 1; }
    diff <(rights_of "$host_name" ashlar_staging_) <(rights_of "operations_renamed_$$" rescue_) || return 1
    ! as_admin "operations_renamed_$$" -c "SELECT oid::regprocedure FROM pg_proc WHERE prosrc ~ 'ashlar_(staging_)?(owner|app|system)'" |
        grep . || return 1
    expect_exit 0 'ok +roles +requests run as rescue_app' \
        bare "DATABASE_URL=$url" ASHLAR_ENV=test ASHLAR_DB_ROLE_PREFIX=rescue_ "$build/ashlar" doctor || return 1
    # By other names than the database's nothing begins.
    expect_exit 1 'belongs to rescue_owner' bare "DATABASE_URL=$url" ASHLAR_ENV=test "$build/ashlar" migrate up
}

# Arguments are for everybody to read: PostgreSQL's programs are watched, and what they are given is looked at. The
# login may make no database: it is given one, which is empty again afterwards.
drills_in_a_given_database() {
    local url tool folder=$work/watched password=password=$managed_password_escaped
    mkdir -p "$folder"
    for tool in pg_dump pg_restore psql; do
        printf '#!/bin/sh\necho "$0 $*" >>"%s/seen"\necho "${PGPASSWORD-none}" >>"%s/passwords"\nexec %s "$@"\n' \
            "$folder" "$folder" "$(command -v "$tool")" >"$folder/$tool"
        chmod +x "$folder/$tool"
    done
    PATH=$folder:$PATH DATABASE_URL=$host_database deploy/backup "$work/watched.dump" || return 1
    managed_database staging "operations_drill_$$" >/dev/null || return 1
    url="${host_database/:$managed_password_escaped@/@}&$password"
    expect_exit 1 'may not make a database' restoring "$url" -- --drill "$work/watched.dump" || return 1
    expect_exit 1 "$host_name is not empty" restoring "$url" -- --drill "$work/watched.dump" "$host_name" || return 1
    PATH=$folder:$PATH restoring "$url" -- --drill "$work/watched.dump" "operations_drill_$$" >"$folder/out" 2>&1 ||
        { cat "$folder/out"; return 1; }
    grep -q ' 0 failed' "$folder/out" || { cat "$folder/out"; return 1; }
    [ -z "$(rows_of "operations_drill_$$")" ] || { echo "it is not empty again"; return 1; }
    ! grep -n cret "$folder/seen" || return 1
    [ "$(sort -u "$folder/passwords" | grep -vx none)" = "$managed_password" ] || { sort "$folder/passwords" | uniq -c; return 1; }
}

drills_in_one_it_makes() {
    make_login creator CREATEROLE CREATEDB || return 1
    psql -XAtq -d "$managed_admin" -c 'GRANT ashlar_staging_owner TO creator' || return 1
    restoring "$(managed_url creator postgres)" -- --drill "$work/backup" || return 1
    [ "$(psql -XAtq -d "$managed_admin" -c "SELECT count(*) FROM pg_database WHERE datname ~ 'drill_[0-9]+$' AND datdba = 'creator'::regrole")" = 0 ]
}

an_interrupted_backup_leaves_nothing() {
    local folder=$work/slow pid
    mkdir -p "$folder"
    printf '#!/bin/sh\nfor word; do case $word in --file=*) : >"${word#--file=}";; esac; done\nsleep 2\n' >"$folder/pg_dump"
    chmod +x "$folder/pg_dump"
    PATH=$folder:$PATH DATABASE_URL=$host_database deploy/backup "$work/cut" &
    pid=$!
    sleep 1
    kill -TERM "$pid"
    wait "$pid" && { echo "it ended with 0"; return 1; }
    [ -z "$(ls "$work"/cut* 2>/dev/null)" ] || { ls "$work"/cut*; return 1; }
    (ulimit -f 20 && expect_exit 1 'nothing was written' env "DATABASE_URL=$host_database" deploy/backup "$work/cut") || return 1
    [ -z "$(ls "$work"/cut* 2>/dev/null)" ] || { ls "$work"/cut*; return 1; }
    expect_exit 1 'no schema platform' env "DATABASE_URL=$(managed_url staging postgres)" deploy/backup "$work/cut"
}

# The server makes the folder with the first picture.
a_host_without_pictures_is_backed_up() {
    mkdir -p "$work/lib"
    expect_exit 0 'nobody has uploaded' env "DATABASE_URL=$host_database" "ASHLAR_STORAGE_FOLDER=$work/lib/storage" \
        deploy/backup "$work/plain" || return 1
    [ -e "$work/plain" ] && [ ! -e "$work/plain.files.tar" ] || return 1
    expect_exit 1 'no folder' env "DATABASE_URL=$host_database" ASHLAR_STORAGE_FOLDER=/nowhere/storage deploy/backup "$work/lost" || return 1
    as_admin "$host_name" -c "INSERT INTO users.person (id, name, email, locale, avatar_key)
        VALUES (gen_random_uuid(), 'Pia', 'pia@example.org', 'en', 'x')" || return 1
    expect_exit 1 'people have 1 pictures' env "DATABASE_URL=$host_database" "ASHLAR_STORAGE_FOLDER=$work/lib/storage" \
        deploy/backup "$work/lost"
    local code=$?
    as_admin "$host_name" -c "DELETE FROM users.person WHERE email = 'pia@example.org'"
    [ ! -e "$work/lost" ] && return $code
}

# In a cluster that knows none of the roles, by a login that may make them.
half_a_backup_restores_nothing() {
    local url size
    psql -XAtq -d "$cluster" -c "CREATE ROLE fresh_$$ LOGIN CREATEROLE" -c "CREATE DATABASE operations_half_$$ OWNER fresh_$$" || return 1
    url=$(ASHLAR_TEST_DATABASE_URL=${cluster/user=postgres/user=fresh_$$} url_of_database "operations_half_$$")
    size=$(stat -c %s "$work/backup")
    head -c 20000 "$work/backup" >"$work/half" # not even its list is whole
    expect_exit 1 'cannot read' restoring "$url" -- "$work/half" || return 1
    head -c $((size - 3000)) "$work/backup" >"$work/half"
    expect_exit 1 'the database is as it was' restoring "$url" -- "$work/half" || return 1
    [ "$(psql -XAtq -d "$url" -c "SELECT count(*) FROM pg_namespace WHERE nspname = 'platform'")" = 0 ] || return 1
    restoring "$url" -- "$work/backup"
}

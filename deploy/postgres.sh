# PostgreSQL's own programs take a database as an argument, and arguments are for everybody to read: so the
# password of DATABASE_URL becomes PGPASSWORD. Sourced by deploy/backup and deploy/restore.
# shellcheck shell=bash

# %40 is @.
percent_decoded() {
    local text=${1//\\/\\\\}
    printf '%b' "${text//%/\\x}"
}

hide_password() {
    local before password after
    if [[ $DATABASE_URL =~ ^(postgres(ql)?://[^:/@?]*):([^@/]*)@(.*)$ ]]; then
        before=${BASH_REMATCH[1]} password=${BASH_REMATCH[3]} after=@${BASH_REMATCH[4]}
    elif [[ $DATABASE_URL =~ ^(.*[?&])password=([^&]*)\&?(.*)$ ]]; then
        before=${BASH_REMATCH[1]} password=${BASH_REMATCH[2]} after=${BASH_REMATCH[3]}
    else
        return 0
    fi
    PGPASSWORD=$(percent_decoded "$password")
    export PGPASSWORD DATABASE_URL=$before$after
}

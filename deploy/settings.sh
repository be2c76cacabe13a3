# What the service's process would have: the lines of $home/environment, and the credentials that its unit loads.
# Sourced by deploy/release and deploy/ashlar, which set $home. Knows no step of a release.
# shellcheck shell=bash disable=SC2154

# NAME:FILE of each credential that systemd gives to ashlar.service, and nothing where it does not run it.
unit_credentials() {
    systemctl cat ashlar.service 2>/dev/null | sed -n 's/^LoadCredential=\([A-Z0-9_]*:.*\)$/\1/p'
}

settings() {
    local line value
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line#"${line%%[![:space:]]*}"}
        case $line in '#'* | ';'*) continue ;; *=*) ;; *) continue ;; esac
        value=${line#*=}
        case $value in '"'*'"' | "'"*"'") value=${value:1:-1} ;; esac
        printf '%s=%s\0' "${line%%=*}" "$value"
    done <"$home/environment"
    while IFS= read -r line; do
        [ ! -s "${line#*:}" ] || [ ! -r "${line#*:}" ] || printf '%s=%s\0' "${line%%:*}" "$(cat "${line#*:}")"
    done < <(unit_credentials)
}

# Files beside those of the unit that it does not load: their settings would be missing in the service.
idle_credentials() {
    local known folder file
    known=$(unit_credentials)
    folder=$(dirname "$(sed -n '1s/^[^:]*://p' <<<"$known")")
    [ -n "$known" ] && [ -d "$folder" ] || return 0
    for file in "$folder"/*; do
        [ ! -f "$file" ] || grep -q ":$file\$" <<<"$known" || echo "$file"
    done
}

# Become the binary as the service runs it: its settings and secrets, its user, none of the caller's settings.
# It ends with this script, however that ends.
become_ashlar() { # FOLDER [NAME=value …] -- ARGUMENT…: FOLDER below $home
    local binary=$home/$1/ashlar user=(setpriv --pdeathsig=TERM) one
    shift
    if [ "$(id -u)" = 0 ] && id ashlar >/dev/null 2>&1; then
        user+=(--reuid=ashlar --regid=ashlar --init-groups)
    fi
    unset "${!ASHLAR_@}" "${!DATABASE_@}" "${!PG@}"
    # Exported, not passed as arguments: those are for everybody to read.
    while IFS= read -r -d '' one; do export "${one?}"; done < <(settings)
    while [ "$1" != -- ]; do export "${1?}"; shift; done
    shift
    exec "${user[@]}" -- "$binary" "$@" 9>&-
}

# The value, or that of the file that NAME_FILE names, as the server reads them.
setting() { # NAME
    local value file
    value=$(settings | tr '\0' '\n' | sed -n "s/^$1=//p" | tail -n 1)
    file=$(settings | tr '\0' '\n' | sed -n "s/^$1_FILE=//p" | tail -n 1)
    if [ -n "$value" ] || [ -z "$file" ]; then printf '%s\n' "$value"; else cat "$file"; fi
}

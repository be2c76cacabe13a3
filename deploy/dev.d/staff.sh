# Signing in as the demo staff member, second factor included. Sourced by deploy/dev.
# shellcheck shell=bash disable=SC2154

staff_email=staff@example.com
staff_password=open-the-staff-door

# POST PATH JSON [TOKEN]; the body on stdout.
staff_post() {
    curl -sS -m 10 "http://127.0.0.1:${ASHLAR_LISTEN##*:}$1" -H 'Content-Type: application/json' \
        ${3:+-H "Authorization: Bearer $3"} -d "$2"
}

# RFC 6238 with openssl alone: the code of a base32 secret for a moment, in units of 30 s.
totp() {
    local key step offset
    key=$(printf '%s' "$1" | base32 -d 2>/dev/null | od -An -v -tx1 | tr -d ' \n')
    step=$(printf '%016x' "$2" | sed 's/../\\x&/g')
    # shellcheck disable=SC2059
    key=$(printf "$step" | openssl dgst -sha1 -mac HMAC -macopt "hexkey:$key" | sed 's/.*= *//')
    offset=$((16#${key:39:1} * 2))
    printf '%06d\n' $(((16#${key:offset:8} & 0x7fffffff) % 1000000))
}

# Nobody minds who reads it: it opens nothing but a database to play with.
staff_enrol() {
    local token=$1 secret
    secret=$(staff_post /v1/auth/totp '{}' "$token" | jq -r '.secret // empty')
    [ -n "$secret" ] || die "no second factor could be enrolled" "deploy/dev reset starts over"
    echo "$secret" >"$state/staff.totp"
    staff_post /v1/auth/totp/confirm "{\"code\":\"$(totp "$secret" $(($(date +%s) / 30)))\"}" "$token" |
        jq -e .recovery_codes >/dev/null || die "the code was refused; is this machine's clock right?"
}

# A code counts once: right after another sign-in the next one has to be waited for.
staff_second_factor() {
    local challenge=$1 secret reply
    secret=$(cat "$state/staff.totp" 2>/dev/null) || die "the secret of the second factor is lost" "deploy/dev reset"
    for _ in 1 2 3 4; do
        reply=$(staff_post /v1/auth/sessions/second-factor \
            "{\"challenge\":\"$challenge\",\"code\":\"$(totp "$secret" $(($(date +%s) / 30)))\",\"transport\":\"bearer\"}")
        jq -er '.token // empty' <<<"$reply" && return
        sleep 10
    done
    die "the second factor was refused" "$reply"
}

staff_token() {
    local reply token
    development_settings
    server_pid >/dev/null || die "the server does not run: deploy/dev starts it"
    "$ashlar" admin create "$staff_email" >/dev/null 2>&1 || die "there is no $staff_email: deploy/dev seeds it"
    reply=$(staff_post /v1/auth/sessions \
        "{\"email\":\"$staff_email\",\"password\":\"$staff_password\",\"transport\":\"bearer\"}")
    token=$(jq -r '.token // empty' <<<"$reply")
    if [ -n "$token" ]; then
        staff_enrol "$token"
        echo "$token"
        return
    fi
    token=$(jq -r '.challenge.token // empty' <<<"$reply")
    [ -n "$token" ] || die "signing in failed" "$reply"
    staff_second_factor "$token"
}

# What the machine must have: messages, the lock, packages, disk, the build. Sourced by deploy/dev.
# shellcheck shell=bash disable=SC2154

packages="build-essential cmake ninja-build pkg-config libmicrohttpd-dev libpq-dev libjansson-dev \
libsodium-dev libssl-dev libcurl4-openssl-dev zlib1g-dev libidn2-dev libunistring-dev postgresql-15 postgresql-client-15 curl jq"
disk_needed_mb=500

say() { printf '%s\n' "$*"; }
step() { printf '▸ %s\n' "$*"; }
die() {
    printf 'deploy/dev: %s\n' "$1" >&2
    shift
    [ $# = 0 ] || printf '  %s\n' "$@" >&2
    exit 1
}

mkdir_state() {
    mkdir -p "$state" 2>/dev/null || true
    [ -w "$state" ] || die "cannot write $state" "an earlier run as another user? sudo chown -R $(id -un) ${root@Q}/var"
}

# One at a time; the descriptor is closed for everything started below (9>&-).
lock() {
    exec 9>"$state/lock"
    flock -n 9 && return
    say "another deploy/dev is at work here; waiting for it …"
    flock -w 600 9 || die "another run is still active after 10 minutes" "see: fuser -v $state/lock"
}

has_library() { pkg-config --exists "$1" 2>/dev/null; }

pg_bin() {
    local folder
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -Vr) /usr/local/pgsql/bin; do
        [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] &&
            [ "$("$folder/postgres" --version | grep -oE '[0-9]+' | head -n1)" -ge 15 ] &&
            { echo "$folder"; return; }
    done
    return 1
}

# One line per thing that is not there: what, and what it is for.
missing() {
    command -v cc >/dev/null || echo "build-essential: the C compiler"
    command -v cmake >/dev/null || echo "cmake: configures the build"
    command -v ninja >/dev/null || echo "ninja-build: runs the build"
    command -v pkg-config >/dev/null || echo "pkg-config: finds the libraries"
    has_library libmicrohttpd || echo "libmicrohttpd-dev: HTTP"
    has_library libpq || echo "libpq-dev: PostgreSQL's client"
    has_library jansson || echo "libjansson-dev: JSON"
    has_library libsodium || echo "libsodium-dev: cryptography"
    has_library libcrypto || echo "libssl-dev: codes of authenticator apps"
    has_library libcurl || echo "libcurl4-openssl-dev: outgoing HTTP and mail"
    has_library zlib || echo "zlib1g-dev: packed bodies"
    has_library libidn2 || echo "libidn2-dev: domains in other scripts"
    printf '#include <unictype.h>\n' | cc -E - >/dev/null 2>&1 || echo "libunistring-dev: what characters are"
    command -v curl >/dev/null || echo "curl: the first request"
    command -v jq >/dev/null || echo "jq: shows JSON"
    command -v psql >/dev/null || echo "postgresql-client-15: psql"
    [ -n "$own_database" ] || pg_bin >/dev/null || echo "postgresql-15: the database"
}

check_debian() {
    local name=unknown version=
    # shellcheck disable=SC1091
    [ ! -r /etc/os-release ] || { . /etc/os-release; name=${ID:-unknown} version=${VERSION_ID:-}; }
    [ "$name/$version" = debian/12 ] && return
    command -v apt-get >/dev/null ||
        die "this is $name $version without apt; Ashlar is developed on Debian 12" \
            "install the equivalents of: $packages" "and run deploy/dev again, or use deploy/compose.yaml"
    say "  this is $name $version; Ashlar is tested on Debian 12, package names may differ"
}

install_packages() {
    local wanted=$1 become=
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            become=sudo
        else
            die "these packages are missing, and $(id -un) may not install them" \
                "run as root: apt-get update && apt-get install -y --no-install-recommends $wanted" \
                "then again: deploy/dev"
        fi
    fi
    say "  $become apt-get install $wanted"
    $become apt-get update -q >"$state/apt.log" 2>&1 ||
        die "apt-get update failed" "$(tail -n 3 "$state/apt.log")"
    # shellcheck disable=SC2086
    $become env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $wanted \
        >>"$state/apt.log" 2>&1 ||
        die "apt-get install failed: $state/apt.log" "$(grep -E '^E:|Unable' "$state/apt.log" | tail -n 3)"
}

check_machine() {
    local gone free
    gone=$(missing)
    if [ -n "$gone" ]; then
        step "Installing what is missing"
        say "${gone//$'\n'/$'\n'  }" | sed '1s/^/  /'
        check_debian
        install_packages "$(echo "$gone" | cut -d: -f1 | tr '\n' ' ')"
        gone=$(missing)
        [ -z "$gone" ] || die "still missing after installing:" "$gone"
    fi
    free=$(df -Pm "$state" | awk 'NR == 2 { print $4 }')
    [ -x "$ashlar" ] || [ "$free" -ge "$disk_needed_mb" ] ||
        die "only $free MB free under $state; the build and the database need $disk_needed_mb MB" \
            "free some space, or move the clone to a larger disk"
}

explain_build_failure() {
    awk -f deploy/dev.d/build_log.awk "$state/build.log" >&2
    if grep -q 'No space left on device' "$state/build.log"; then
        die "the disk is full" "df -h ${root@Q}"
    elif grep -qE 'Killed|out of memory' "$state/build.log"; then
        die "the compiler ran out of memory" "fewer at once: CMAKE_BUILD_PARALLEL_LEVEL=1 deploy/dev"
    fi
    die "the build failed; the whole log: $state/build.log"
}

# They are errors in tests/run and in CI, and not here, so that any compiler builds.
show_warnings() {
    local warnings
    warnings=$(awk -f deploy/dev.d/build_log.awk "$state/build.log")
    [ -z "$warnings" ] && return
    step "The compiler warns; tests/run takes that for an error"
    say "$warnings"
}

# Ninja's own line in place on a terminal, a line every tenth otherwise.
show_progress() {
    if [ -t 1 ]; then
        awk -v width="$(tput cols 2>/dev/null || echo 80)" '
            /^\[/ { printf "\r\033[K  %s", substr($0, 1, width - 4); fflush() } END { printf "\r\033[K" }'
    else
        awk -F'[][/ ]' '/^\[[0-9]+\/[0-9]+\]/ {
            tenth = int(10 * $2 / $3); if (tenth > last && $3 >= 20) { print "  " $2 " of " $3; fflush(); last = tenth } }'
    fi
}

build_binary() {
    if [ -n "${DEV_BINARY:-}" ]; then
        [ -x "$ashlar" ] || die "DEV_BINARY names no program: $ashlar"
        return
    fi
    [ -x "$ashlar" ] || step "Building (about a minute the first time)"
    if [ ! -e "$build/build.ninja" ]; then
        cmake --preset dev >"$state/build.log" 2>&1 9>&- || explain_build_failure
    fi
    cmake --build "$build" --target ashlar ashlar_dev 2>&1 9>&- | tee "$state/build.log" | show_progress ||
        explain_build_failure
    show_warnings
}

# Sourced by the arch scripts: one rule is one test, reported as cmocka does. Knows no rule.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
rules_failed=0

# rule "a sentence" COMMAND…: every line the command prints is one breach.
rule() {
    local name=$1 breaches
    shift
    echo "[ RUN      ] $name"
    breaches=$("$@" 2>&1)
    if [ -z "$breaches" ]; then
        echo "[       OK ] $name"
    else
        echo "$breaches" | head -n 60
        echo "[  FAILED  ] $name"
        rules_failed=1
    fi
}

# A rule that looks at nothing proves nothing.
must_see() { # "what" COUNT
    [ "$2" -gt 0 ] || echo "found no $1 to look at"
}

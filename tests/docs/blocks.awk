# A page's fences as one record each, fields by \x1f, records by \x1e: line, language, what the comment right
# above it says ("not run: …", "put: …", …), the text, and how many lines of prose stand since the last fence.
function flush_block() {
    printf "%d\x1f%s\x1f%s\x1f%d\x1f%s\x1e", line, language, mark, prose, text
    mark = ""; prose = 0
}
BEGIN { inside = 0; prose = 1 }
/^ *```/ {
    if (inside) { flush_block(); inside = 0; next }
    inside = 1; line = NR; text = ""
    match($0, /^ */); indent = RLENGTH
    language = substr($0, indent + 4); sub(/ .*/, "", language)
    next
}
inside { text = text substr($0, (substr($0, 1, indent) ~ /^ *$/ ? indent : 0) + 1) "\n"; next }
/^<!-- .* -->$/ { mark = substr($0, 6, length($0) - 9); next }
/^    [^ ]/ && prose_was_blank { printf "%d\x1findented\x1f\x1f1\x1f%s\x1e", NR, $0 }
{ prose_was_blank = /^$/; if (!/^$/) { prose++; mark = "" } }
END { if (inside) flush_block() }

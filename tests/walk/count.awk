# Of each window of time the threads that ran a request or a job: functions, files, changes of file.
# `entries` names the functions that run one.
BEGIN { n_entries = split(entries, list, " "); for (i = 1; i <= n_entries; i++) entry[list[i]] }
FNR == NR { from[FNR] = $1; until[FNR] = $2; title[FNR] = $3; n = FNR; next }
{
    for (w = 1; w <= n; w++)
        if ($1 >= from[w] && $1 <= until[w]) {
            hit[w, ++hits[w]] = $2 " " $3 " " $4
            if ($4 in entry) busy[w, $2] = 1
            if ($4 == "router_match") matches[w]++
        }
}
END {
    for (w = 1; w <= n; w++) {
        split("", functions); split("", files); split("", own); split("", last)
        f = g = changes = 0
        for (i = 1; i <= hits[w]; i++) {
            split(hit[w, i], part, " ")
            if (!((w, part[1]) in busy)) continue
            if (!((part[2], part[3]) in functions)) { functions[part[2], part[3]]; f++ }
            if (!(part[2] in files)) { files[part[2]]; g++ }
            if (last[part[1]] != part[2]) changes++
            last[part[1]] = part[2]
        }
        gsub("_", " ", title[w])
        printf "%s: %d functions in %d files; %d changes of file; %d matches\n", title[w], f, g, changes, matches[w]
    }
}

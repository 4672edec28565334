# The members of the structs of a preprocessed plugin_abi.h, each with its place, and the values of its enumerations: a line
# each. What an older header has has to be in a newer one, line for line.
{ text = text " " $0 }
END {
    gsub(/[ \t]+/, " ", text)
    while (match(text, /typedef struct ft_[a-z_]+ \{[^}]*\} ft_[a-z_]+;|enum \{[^}]*\}/)) {
        part = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        name = body = part
        sub(/^[^{]*\{ */, "", body)
        sub(/ *\}.*$/, "", body)
        if (part ~ /^enum/) {
            n = split(body, items, / *, */)
            for (i = 1; i <= n; ++i) {
                if (items[i] !~ /^FT_ABI_MINOR/) print items[i]
            }
        } else {
            sub(/^typedef struct /, "", name)
            sub(/ .*/, "", name)
            n = split(body, items, / *; */)
            for (i = 1; i < n; ++i) print name "[" i "] " items[i]
        }
    }
}

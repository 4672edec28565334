# What a server or client keeps of what the other side has not confirmed, while it runs. Sourced after lib.sh; needs curl.
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154

# By default 16 MiB for a connection, and the batch that goes beyond, whose pieces may pin more than they are.
readonly kept_most=$((24 * 1024 * 1024))

# sample_kept NAME...: begins to ask each of them, again and again.
sample_kept() {
    local name
    for name; do
        rm -f "$dir/kept.$name"
        start "sample_$name" ask_kept "$name"
    done
}
ask_kept() {
    while sleep 0.1; do
        curl -sS --max-time $patience --unix-socket "$dir/run/$1.sock" http://localhost/v1/status 2>"$dir/sample.err" |
            grep -o '"bytes_kept":[0-9]*' | cut -d: -f2 >>"$dir/kept.$1" || true
    done
}

# check_kept NAME...: ends that, and holds the most that was seen against the bound. It was so much that there was one to
# be held against.
check_kept() {
    local name most
    for name; do
        kill_now "sample_$name"
        most=$(sort -n "$dir/kept.$name" | tail -n 1)
        say "$(wc -l <"$dir/kept.$name") times asked what the $name keeps: at most $most bytes"
        at_least "bytes that the $name keeps" "$most" 1000000
        at_most "bytes that the $name keeps" "$most" $kept_most
    done
}

#!/usr/bin/env bash
# How much of the program's code is in memory while nobody visits. The kernel maps a file in windows of 64 KiB: of 5 MB of
# code, 1 MB runs until a server and a client are ready, and while that was scattered, 4 MB were mapped. So cli/startup.ld
# names the sections that these functions are in, and the linker puts them side by side.
#
#   tests/instructions/startup_code.sh             compares what is mapped with its bound
#   tests/instructions/startup_code.sh --record    writes cli/startup.ld, from what callgrind sees; takes a minute. For when
#                                                  so much has changed that the bound is passed
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$here/../..
program=$(realpath "${FERROTUNNEL:-$project/build/release/ferrotunnel}")
FERROTUNNEL=$program
E2E_SOURCE=${E2E_SOURCE:-$project/tests/e2e}
source "$E2E_SOURCE/lib.sh"

# 1,300 to 2,100 KiB are mapped; 3,300 to 4,400 were.
readonly mapped_kib_max=2560

both_ends() {
    start_server --http-bind 127.0.0.1:0
    ready_client client 2 --tcp 0=127.0.0.1:9 --http any.example=127.0.0.1:9
}

# mapped_code_of NAME: of the program's file, in KiB. Libraries are not ours to lay out.
mapped_code_of() {
    awk -v file="$program" '/^[0-9a-f]+-/ { ours = $2 ~ /x/ && $6 == file } ours && $1 == "Rss:" { kib += $2 }
        END { print kib + 0 }' "/proc/$(pid_of "$1")/smaps"
}

compare() {
    local tls name kib
    for tls in off on; do
        both_ends
        for name in server client; do
            kib=$(mapped_code_of $name)
            say "TLS $tls, $name: $kib KiB of code are mapped"
            at_least "mapped KiB of the $name's code" "$kib" 256
            at_most "mapped KiB of the $name's code, TLS $tls" "$kib" $mapped_kib_max
        done
        end_programs
    done
}

# functions_of NAME: mangled names of what callgrind has seen of the program itself.
functions_of() {
    awk -v file="$program" '/^ob=/ { ours = substr($0, 4) == file } ours && /^fn=/ { print substr($0, 4) }' \
        "$dir/callgrind.$1".*.1 | sed "s/'[0-9]*$//" | sort -u
}

# sections: "FUNCTION PATTERN", as the linker's scripts name it. A section that is called after its function is the same in
# each object file that has it; any other is that of one object file.
sections() {
    local build
    build=$(dirname "$program")
    objdump -t "$build"/lib/libferrotunnel.a "$build"/cli/CMakeFiles/ferrotunnel.dir/*.o | awk -F '\t' '
        /file format/ { object = $1; sub(/:.*/, "", object); sub(/.*\//, "", object) }
        $1 ~ / F \.text/ {
            section = $1; sub(/.* /, "", section)
            name = $2; sub(/.* /, "", name)
            print name, (section ~ /^\.text(\.[a-z]+)?$/ ? "*" object : "*") "(" section ")"
        }'
}

# patterns_of FILE: of the functions in it.
patterns_of() { awk 'NR == FNR { wanted[$1]; next } $1 in wanted { print "    " $2 }' "$1" "$dir/sections" | sort -u; }

record() {
    local tls name
    need valgrind callgrind_control objdump
    # callgrind changes nothing but the time it takes.
    printf '#!/bin/sh\nexec valgrind --tool=callgrind --compress-strings=no --demangle=no %s "%s" "$@"\n' \
        "--callgrind-out-file=$dir/callgrind.\$1.%p" "$program" >"$dir/ferrotunnel"
    chmod +x "$dir/ferrotunnel"
    FERROTUNNEL=$dir/ferrotunnel
    for tls in off on; do
        both_ends
        sleep 15 # what runs every few seconds counts as well
        callgrind_control --dump "$(pid_of server)" "$(pid_of client)" >&2
        for name in server client; do
            wait_until $patience "callgrind's file" test -s "$dir/callgrind.$name.$(pid_of $name).1"
        done
        end_programs
    done
    functions_of server >"$dir/server"
    functions_of client >"$dir/client"
    comm -12 "$dir/server" "$dir/client" >"$dir/both"
    sections >"$dir/sections"
    {
        echo "    /* Written by tests/instructions/startup_code.sh, which says why. Both ends run this until they are ready, */"
        patterns_of "$dir/both"
        echo "    /* the server alone this, */"
        patterns_of "$dir/server"
        echo "    /* the client alone this. */"
        patterns_of "$dir/client"
    } | awk '!seen[$0]++' >"$dir/startup.ld"
    at_least "sections of functions that were run" "$(wc -l <"$dir/startup.ld")" 500
    cp "$dir/startup.ld" "$project/cli/startup.ld"
    say "cli/startup.ld has $(wc -l <"$dir/startup.ld") lines; link the program again"
}

case ${1:-} in
    '') compare ;;
    --record) record ;;
    *) fail "what is \"$1\"?" ;;
esac

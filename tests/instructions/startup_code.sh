#!/usr/bin/env bash
# How much of the program's code is in memory while nobody visits. The kernel maps a file in windows of 64 KiB: of 5 MB of
# code, 1 MB runs until a server and a client are ready, and 3 to 4 MB are mapped for it. Once nothing has happened for a
# moment, the program gives these pages back, and again after a client has connected (cli/startup_pages.hpp). All memory
# of both ends without visitors has a bound, too.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$here/../..
program=$(realpath "${FERROTUNNEL:-$project/build/release/ferrotunnel}")
FERROTUNNEL=$program
E2E_SOURCE=${E2E_SOURCE:-$project/tests/e2e}
source "$E2E_SOURCE/lib.sh"

# 350 to 450 KiB are mapped then.
readonly mapped_kib_max=768
# Of both ends together, with what they share counted once: 4.2 to 5.5 MiB were measured without TLS, 5.0 to 7 with it.
declare -rA memory_kib_max=([off]=7168 [on]=8192)

offer() { ready_client client 2 --tcp 0=127.0.0.1:9 --http any.example=127.0.0.1:9; }
both_ends() {
    start_server --http-bind 127.0.0.1:0
    offer
}

# mapped_code_of NAME: of the program's file, in KiB. Its libraries are given back in the same way.
mapped_code_of() { mapped_code_of_process "$(pid_of "$1")"; }
mapped_code_of_process() {
    awk -v file="$program" '/^[0-9a-f]+-/ { ours = $2 ~ /x/ && $6 == file } ours && $1 == "Rss:" { kib += $2 }
        END { print kib + 0 }' "/proc/$1/smaps"
}

is_given_back() { (($(mapped_code_of "$1") <= mapped_kib_max)); }

# memory_of_both: in KiB. A page that both have mapped counts half for each.
memory_of_both() {
    awk '$1 == "Pss:" { kib += $2 } END { print kib + 0 }' "/proc/$(pid_of server)/smaps_rollup" \
        "/proc/$(pid_of client)/smaps_rollup"
}
is_small() { (($(memory_of_both) <= memory_kib_max[$1])); }

for tls in off on; do
    start_server --http-bind 127.0.0.1:0
    wait_until $patience "the code that only the start of the server has used" is_given_back server
    offer # later than the server's start: a login uses much of the same code
    for name in server client; do
        wait_until $patience "the code that only the start of the $name has used" is_given_back $name
        kib=$(mapped_code_of $name)
        say "TLS $tls, $name: $kib KiB of code are mapped"
        at_least "mapped KiB of the $name's code" "$kib" 64
    done
    wait_until $patience "both ends in ${memory_kib_max[$tls]} KiB" is_small $tls
    say "TLS $tls, both ends: $(memory_of_both) KiB"
    end_programs
done

say "under a debugger, whose breakpoints are in these pages, nothing is given back"
command -v python3 >/dev/null || skip "there is no python3"
printf '#!/bin/sh\nexec python3 "%s/traced.py" "%s" "$@"\n' "$here" "$program" >"$dir/traced"
chmod +x "$dir/traced"
server_name=traced FERROTUNNEL=$dir/traced start_server
traced=$(pgrep -P "$(pid_of traced)" -f "$program")
has_text "/proc/$traced/status" "^TracerPid:.$(pid_of traced)\$"
both_ends # which are told later that nothing has happened for a moment
wait_until $patience "the code of an untraced server" is_given_back server
wait_until $patience "the code of an untraced client" is_given_back client
kib=$(mapped_code_of_process "$traced")
((kib > mapped_kib_max)) || fail "$kib KiB of a traced program are mapped: its pages were given back"

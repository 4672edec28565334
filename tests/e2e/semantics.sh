# TCP's semantics survive the tunnel: who speaks first, half-close in both roles, resets in both directions behind the
# bytes sent before them, a refused backend, and data that stays the same both ways.
source "$(dirname "$0")/lib.sh"

make_token
start_server

say "a server that speaks first, to a visitor that says nothing"
service greeter text:hello-visitor echo
out=$(visit "$public" line finish rest)
equal greeting "${out%%$'\n'*}" "line hello-visitor"

say "both directions at once, 32 MiB"
service echo echo
line=$(visit "$public" exchange:32M finish rest)
equal bytes "$(value received "$line")" $((32 << 20))
equal ending "$(value ending "$line")" eof

say "the visitor half-closes and gets a late answer of 10 MiB"
service late expect:1M rest stall:300 send:10M
line=$(visit "$public" send:1M finish rest)
equal bytes "$(value received "$line")" $((10 << 20))
equal ending "$(value ending "$line")" eof
equal "what the backend got" "$(value received "$(backend_line late)")" $((1 << 20))

say "the other way round: the backend half-closes, and the visitor sends 10 MiB late"
service early send:1M finish rest
line=$(visit "$public" expect:1M rest stall:300 send:10M)
equal bytes "$(value received "$line")" $((1 << 20))
equal ending "$(value ending "$line")" eof
line=$(backend_line early)
equal "what the backend got" "$(value received "$line")" $((10 << 20))
equal "how it ended for the backend" "$(value ending "$line")" eof

for size in 0 10 300K 4M; do
    bytes=${size/K/*1024}
    bytes=$((${bytes/M/*1048576}))
    say "the backend resets after $size"
    service "resetting_$size" take:1 send:$size reset
    line=$(visit "$public" send:1 rest) || true
    equal "how it ended" "$(value ending "$line")" reset
    equal "bytes before the reset" "$(value received "$line")" $bytes

    say "the visitor resets after $size"
    service "reset_$size" text:go rest
    visit "$public" line send:$size reset >"$dir/visitor.out"
    line=$(backend_line "reset_$size")
    equal "how it ended" "$(value ending "$line")" reset
    equal "bytes before the reset" "$(value received "$line")" $bytes
done

say "a reset after the end of the other direction"
service half_reset rest send:64K reset
line=$(visit "$public" send:1K finish rest) || true
equal "how it ended" "$(value ending "$line")" reset
equal "bytes before the reset" "$(value received "$line")" 65536

say "a refused backend resets the visitor at once"
ready_client client_refused 1 --tcp "0=127.0.0.1:$(free_port)"
line=$(visit "$(public_of client_refused)" rest)
equal "how it ended" "$(value ending "$line")" reset
at_most "milliseconds until then" "$(value ms "$line")" 9000 # less than the 10 s for a backend that says nothing
is_running client_refused || fail "the client has ended"

say "and none of this has disturbed the others"
line=$(visit "$(public_of client_echo)" exchange:1M finish rest)
equal bytes "$(value received "$line")" $((1 << 20))

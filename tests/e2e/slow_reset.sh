# A reset waits for a slow reader: whoever reads late still gets every byte that was sent before it.
source "$(dirname "$0")/lib.sh"

make_token
start_server

for size in 300K 4M; do
    bytes=${size/K/*1024}
    bytes=$((${bytes/M/*1048576}))
    say "the backend resets after $size, and the visitor reads late"
    service "resetting_slow_$size" take:1 send:$size reset
    line=$(visit "$public" send:1 stall:1500 rest) || true
    equal "how it ended" "$(value ending "$line")" reset
    equal "bytes before the reset" "$(value received "$line")" $bytes

    say "the visitor resets after $size, and the backend reads late"
    service "reset_slow_$size" text:go stall:1500 rest
    visit "$public" line send:$size reset >"$dir/visitor.out"
    line=$(backend_line "reset_slow_$size")
    equal "how it ended" "$(value ending "$line")" reset
    equal "bytes before the reset" "$(value received "$line")" $bytes
done
check_alive

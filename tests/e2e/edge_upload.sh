# A large upload to a backend that takes nothing at first and then little: neither process holds more of it than its
# windows, and every byte arrives. A visitor's reset ends its backend's connection at once; its end does not.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl

mebibytes=$(by_size 256 4096 1024)
stall_ms=$(by_size 7000 20000) # longer than the 5 s after which a visitor's pace is looked at
slow_mebibytes=$(by_size 64 1024 256)
growth_max=$((16 * 1024)) # KiB
tool=$E2E_TOOLS/http_mishaps

serve_mishaps backend
start_edge
cat >"$dir/client.yml" <<YAML
client:
  services:
    - {http: app.example.com, local: "$backend"}
    # Nothing but a visitor's end ends its backend's connection while this test waits.
    - {http: patient.example.com, local: "$backend", limits: {first_byte_timeout: 10m, body_rate: 0}}
YAML
ready_client client 2 --config "$dir/client.yml"

upload() { "$tool" upload "$edge" app.example.com "/hash/$1/$2" "$3"; }
same_hash() {
    equal "the status of $1" "$(value status "$2")" 200
    equal "the hash of $1" "$(value answer "$2")" "$(value sent "$2")"
}
say "a first upload, so that what is kept for the next one is there"
same_hash "32 MiB" "$(upload 0 0 $((32 << 20)))"
# What the kernel has counted as the most memory of a process, in KiB, since the last forget.
most_of() { awk '$1 == "VmHWM:" { print $2 }' "/proc/$(pid_of "$1")/status"; }
forget_most_of() { echo 5 >"/proc/$(pid_of "$1")/clear_refs"; }
declare -A before=()
for name in server client; do
    forget_most_of $name
    before[$name]=$(most_of $name)
done

say "$mebibytes MiB: nothing is taken for $((stall_ms / 1000)) s, then $slow_mebibytes MiB slowly"
start upload upload "$stall_ms" $((slow_mebibytes << 20)) $((mebibytes << 20))
join_ok upload "$(by_size 180 800)"
same_hash "$mebibytes MiB" "$(<"$dir/upload.out")"
for name in server client; do
    most=$(most_of $name)
    say "$name: ${before[$name]} KiB before, at most $most KiB"
    memory_at_most "KiB that $name has grown by" $((most - before[$name])) $growth_max
done

say "a visitor's reset"
# It resets when it is certain that the backend is at it.
for path in /hang/1 /endless/1; do
    talk "send:GET $path HTTP/1.1\\r\\nHost: patient.example.com\\r\\n\\r\\n" \
        "$([[ $path == /hang/1 ]] && echo until:103 || echo until:eeeeeeee)" reset >"$dir/reset${path//\//-}"
done
talk 'send:POST /hash/0/0/1 HTTP/1.1\r\nHost: patient.example.com\r\nExpect: 100-continue\r\n' \
    'send:Content-Length: 1000000\r\n\r\n' until:100 'send:\{50000*x}' reset >"$dir/reset-hash-0-0-1"
for path in /hang/1 /endless/1 /hash/0/0/1; do
    wait_for_text backend "^gone $path "
    took=$(($(value ms "$(grep -a "^gone $path " "$dir/backend.out")") - $(value ms "$(<"$dir/reset${path//\//-}")")))
    say "$path: the backend's connection has ended after $took ms"
done

say "a visitor's end behind its request lets the answer come"
answer=$(talk 'send:GET /late/1500 HTTP/1.1\r\nHost: app.example.com\r\n\r\n' finish rest)
has_text <(echo "$answer") "^/late/1500"
has_text <(echo "$answer") "^ending=eof"

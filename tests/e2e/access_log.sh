# The access log: what a line says, by HTTP/1.1 and HTTP/2; what no line says; rotation under load, by hand and by
# logrotate as docs/operations.md has it; other formats while it runs; a pipe that nobody reads.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl python3
curl --version | grep -q HTTP2 || skip "curl has no HTTP/2"

log=$dir/access.log

# configure LINE...: the server's file, as another one of its name.
configure() {
    printf 'server:\n  http: {h2c: on}\n' >"$dir/server.new"
    (($# == 0)) || printf '  %s\n' "$@" >>"$dir/server.new"
    mv "$dir/server.new" "$dir/server.yml"
}

lines_of() { [[ -f $1 ]] && wc -l <"$1" || echo 0; }
lines_are() { (($(lines_of "$1") >= $2)); }

say "a file that cannot be opened, and a template that is wrong"
make_token
refused() { "$FERROTUNNEL" server --token-file "$dir/token" --bind 127.0.0.1:0 --state-dir "$dir/state" "$@" 2>&1 || true; }
refused --access-log "$dir/none/access.log" >"$dir/refused"
has_text "$dir/refused" "open the access log $dir/none/access.log: No such file"
refused --access-log "$log" --access-log-format '{visitor} {usr}' >"$dir/refused"
has_text "$dir/refused" 'at character 11 "usr" is not a valid field; valid fields: time, visitor,'

serve_http backend
configure "access_log: $log" "access_log_format: json"
umask 022
start_edge --config "$dir/server.yml" --log-level info
ready_client client 2 --http "app.example.com=$backend" --http "*.load.example.com=$backend"
equal "the mode of the file" "$(stat -c %a "$log")" 640

say "what a line says"
ask app.example.com "/name/a?token=SECRET-1&x=1" -H 'Authorization: Basic SECRET-2' -H 'Cookie: id=SECRET-3' \
    -H 'Referer: https://me:SECRET-4@example.com/?key=SECRET-5' -A $'a "b" \xff\xc3\xa9' >"$dir/body"
ask app.example.com "/name/p;token=SECRET-6?next=%2Fx%3Ftoken%3DSECRET-7" -A $'a\xc2\x9b31m\xc2\x85\xe2\x80\xae' -o "$dir/none"
ask app.example.com '/x/../name/%62' --path-as-is --http2-prior-knowledge -d 12345 -o "$dir/body2"
ask none.example.com /c -o "$dir/none"
exec 8<>"/dev/tcp/${edge%:*}/${edge##*:}"
printf 'GET / HTTP/1.1\r\nBad Header\r\n\r\n' >&8
cat <&8 >"$dir/none"
exec 8>&-
# A visitor who leaves when the backend has the request, however late that is, and has waited by then.
start leaving curl -sS --max-time 120 --http2-prior-knowledge -H "Host: app.example.com" "http://$edge/sleep/60000"
wait_for_text backend '^request GET /sleep/60000 '
sleep 0.2
kill_now leaving
ask app.example.com /cut/length -o "$dir/none" 2>"$dir/none" || true
wait_until $patience "seven lines" lines_are "$log" 7
python3 - "$log" "$(stat -c %s "$dir/body")" <<'PY' || fail "the lines above are wrong"
import json, sys

lines = [json.loads(line) for line in open(sys.argv[1], "rb")]
assert len(lines) == 7, lines
by = {line["target"].split("?")[0]: line for line in lines}
first = by["/name/a"]
expected = {
    "visitor": "127.0.0.1", "token": "token", "service": "app.example.com", "scheme": "http", "host": "app.example.com",
    "method": "GET", "target": "/name/a?token=***&x=1", "protocol": "HTTP/1.1", "status": 200, "received": 0,
    "sent": int(sys.argv[2]), "outcome": "complete", "cause": "", "referer": "https://***@example.com/?key=***",
}
for key, value in expected.items():
    assert first[key] == value, (key, first[key], value)
assert first["user_agent"].startswith('a "b" \ufffd'), first
assert 0 <= first["routed_ms"] <= first["connected_ms"] <= first["first_byte_ms"] <= first["duration_ms"], first
assert len(first["request_id"]) == 15 and first["time"].endswith("Z"), first
second = by["/x/../name/%62"]  # as the visitor wrote it
assert (second["protocol"], second["method"], second["received"]) == ("HTTP/2", "POST", 5), second
third = by["/name/p;token=***"]
assert third["target"] == "/name/p;token=***?next=***" and third["user_agent"] == "a\x9b31m\x85\u202e", third
none = by["/c"]
assert (none["status"], none["cause"], none["service"], none["connected_ms"]) == (404, "unknown_host", "", None), none
bad = by[""]
assert (bad["status"], bad["method"], bad["host"]) == (400, "", "") and bad["cause"], bad
left = by["/sleep/60000"]
assert (left["status"], left["outcome"]) == (499, "visitor_left") and left["duration_ms"] >= 150, left
cut = by["/cut/length"]
assert (cut["status"], cut["outcome"], cut["sent"]) == (200, "cut", 10), cut
PY
! grep -q SECRET "$log" || fail "a secret is in the access log"
! grep -qaP '\xc2[\x80-\x9f]|\xe2\x80\xae' "$log" || fail "the access log has control characters as they are"

say "rotation under load, by hand and by logrotate"
load() { # a thousand requests at a time, until all rotations have been and there were at least $1; how many is in "made"
    local made=0
    until [[ -e $dir/rotated ]] && ((made >= $1)); do
        "$E2E_TOOLS/http_peer" visitors "$edge" 4 250 load.example.com >"$dir/load.out" || fail "requests have failed"
        ((made += 1000))
    done
    echo "$made" >"$dir/made"
}
rotate() { # the file is moved, and a new one is there
    mv "$log" "$log.$1"
    signal server USR1
    wait_until $patience "the file of rotation $1" test -e "$log"
}
load "$(by_size 4000 40000)" &
load=$!
for i in 1 2 3; do
    before=$(lines_of "$log")
    wait_until $patience "lines before rotation $i" lines_are "$log" $((before + 20))
    rotate "$i"
done
if command -v logrotate >/dev/null || [[ -x /usr/sbin/logrotate ]]; then
    awk '/^```logrotate$/ { on = 1; next } /^```$/ { on = 0 } on' "$E2E_SOURCE/../../docs/operations.md" |
        sed "s|/var/log/ferrotunnel/access.log|$log|; s|systemctl kill.*|kill -USR1 $(pid_of server)|; /compress/d" >"$dir/rotate.conf"
    chmod 644 "$dir/rotate.conf"
    PATH=$PATH:/usr/sbin logrotate -f -s "$dir/rotate.state" "$dir/rotate.conf" || fail "logrotate"
    wait_until $patience "the file after logrotate" test -e "$log"
fi
touch "$dir/rotated"
wait "$load" || fail "the load"
all=$((7 + $(<"$dir/made")))
total_is() { (($(cat "$log"* | wc -l) >= all)); }
wait_until $patience "$all lines" total_is
python3 - "$all" "$log"* <<'PY' || fail "lines are lost or torn"
import json, sys

ids = [json.loads(line)["request_id"] for name in sys.argv[2:] for line in open(name, "rb")]
assert len(ids) == len(set(ids)) == int(sys.argv[1]), (len(ids), len(set(ids)))
PY
at_least "files" "$(ls "$log"* | wc -l)" 4

say "another format and another file, while it runs"
configure "access_log: $dir/combined.log"
wait_until $patience "the file of Combined" test -e "$dir/combined.log"
combined() { # requests that began before the reload have their old format, and stand in the new file
    ask app.example.com "/name/a?key=1" -A 'a "b"' -o "$dir/none"
    python3 - "$dir/combined.log" <<'PY'
import re, sys

line = re.compile(r'(\S+) \S+ \S+ \[(\d\d/[A-Z][a-z]{2}/\d{4}(?::\d\d){3} \+0000)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+)'
                  r' "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"\n')
found = [line.fullmatch(text) for text in open(sys.argv[1]) if not text.startswith("{")]
sys.exit(0 if found and all(found) and found[-1].group(3, 4, 7) == ("GET /name/a?key=*** HTTP/1.1", "200", r'a \"b\"') else 1)
PY
}
wait_until $patience "lines of Combined" combined
configure "access_log: $dir/none/access.log"
wait_for_text server "cannot open $dir/none/access.log"
wait_until $patience "lines of Combined, as before" combined

say "a pipe that nobody reads: requests continue, lines are dropped and counted"
mkfifo "$dir/pipe"
exec 9<>"$dir/pipe"
configure "access_log: $dir/pipe" "access_log_format: '{status} {time} \"{user_agent}\" \"{referer}\"'"
quotes=$(printf '"%.0s' {1..1000})
crowd() { # each line has more than 4 KiB
    ask app.example.com "/name/[1-500]" -A "$quotes" -H "Referer: $quotes" -o "$dir/none" -w '%{http_code}\n' | sort -u >"$dir/codes"
    equal "answers" "$(<"$dir/codes")" 200
    text_is_there server 'access log lines were dropped.*lines=[1-9]'
}
wait_until $patience "lines that are dropped" crowd
start reader cat "$dir/pipe"
wait_until $patience "lines in the pipe" file_has "$dir/reader.out" '^200 '
exec 9>&-

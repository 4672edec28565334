# The audit log: logins and refusals, services, acts by whom and through what, changes of the configuration; rotation,
# a restart and a crash; then `ferrotunnel audit verify`, and what it says of a log that was tampered with.
source "$(dirname "$0")/lib.sh"
need curl python3 gzip

log=$dir/audit.log
make_token
(umask 077 && "$FERROTUNNEL" token >"$dir/alice" && "$FERROTUNNEL" token >"$dir/wrong")
secrets=("$token" "$(<"$dir/alice")" "$(<"$dir/wrong")")

# configure LINE...: the server's file, as another one of its name.
configure() {
    printf 'log: {level: info}\nserver:\n' >"$dir/server.new"
    printf '  %s\n' "bind: 127.0.0.1:0" 'http_bind: "off"' "audit_log: $log" "control: $dir/server.sock" \
        "state_dir: $dir/state" "dashboard: 127.0.0.1:0" "$@" >>"$dir/server.new"
    mv "$dir/server.new" "$dir/server.yml"
}
start_audited() {
    programs[server]=1
    rm -f "$dir/server.endpoints"
    start server "$FERROTUNNEL" server --config "$dir/server.yml" --endpoint-file "$dir/server.endpoints" --workers 2 --no-watch
    wait_until $patience "the server's endpoint file" endpoint_or_end server '^control '
    control=$(awk '$1 == "control" { print $2 }' "$dir/server.endpoints") || fail "the server did not start"
}
stop() { # a server, at once
    signal "$1" TERM
    join_ok "$1"
}
lines_with() { # EVENT [KEY=VALUE...]: how many lines of all files have these texts in their values
    local lines one
    lines=$(zcat -f "$log"* 2>/dev/null | grep -a "\"event\":\"$1\"" || true)
    for one in "${@:2}"; do
        lines=$(grep "\"${one%%=*}\":.*${one#*=}" <<<"$lines" || true)
    done
    grep -c . <<<"$lines" || true
}
has_lines() { (($(lines_with "${@:2}") >= $1)); }
has_line() { wait_until $patience "a line with $*" has_lines 1 "$@"; }
verify() { "$FERROTUNNEL" audit verify "$@" >"$dir/verify" 2>&1; }
whole() { verify "$@" || fail "the chain is broken: $(<"$dir/verify")"; }
broken() { # TEXT FILE...
    ! verify "${@:2}" || fail "the chain of ${*:2} is intact"
    has_text "$dir/verify" "$1"
}

say "a file that is no audit log is not touched"
echo "server: {}" >"$dir/other"
"$FERROTUNNEL" server --token-file "$dir/token" --bind 127.0.0.1:0 --state-dir "$dir/state2" --audit-log "$dir/other" \
    >"$dir/refused" 2>&1 && fail "the server has started"
has_text "$dir/refused" "open the audit log $dir/other: the file does not end with a line of an audit log"
equal "the file" "$(<"$dir/other")" "server: {}"

say "logins, refusals, services, kicks"
configure "token: [\"file:$dir/token\"]"
umask 022
start_audited
equal "the mode of the file" "$(stat -c %a "$log")" 640
has_line started
client() { # NAME TOKEN OPTION...: without `programs`, since they end as they like
    start "$1" "$FERROTUNNEL" client --server "$control" --token-file "$2" --name "$1" --control off --reconnect-max 1 "${@:3}"
}
client bob "$dir/token" --tcp 0=127.0.0.1:9
has_line login client=bob token=token proved_by=table version=ferrotunnel/ peer=127.0.0.1:
has_line service client=bob kind=tcp endpoint=:
client mallory "$dir/wrong" --tcp 0=127.0.0.1:9
has_line login_refused claimed_client=mallory code=unauthorized "why=is not one of this server"
join mallory
client bad "$dir/token" --tcp 22=127.0.0.1:9
has_line service_refused client=bad "why=Public port 22"
join bad
"$FERROTUNNEL" kick --control "$dir/server.sock" bob >"$dir/none"
has_line admin act=kick "via=control socket" by=user client=bob status=200
"$FERROTUNNEL" kick --control "$dir/server.sock" nobody >"$dir/none" 2>&1 && fail "nobody was kicked"
has_line admin act=kick client=nobody status=404 code=not_found
wait_until $patience "bob again" has_lines 4 login client=bob # with two connections each time
dashboard=$(awk '$1 == "dashboard" { print $2 }' "$dir/server.endpoints")
curl -sS -X POST "http://$dashboard/api/v1/kick" -H 'Content-Type: application/json' -d '{"client":"bob","seconds":1}' >"$dir/none"
has_line admin act=kick via=dashboard client=bob seconds=1 status=200

say "a change of the configuration, by SIGHUP and by request"
configure "token: [\"file:$dir/token\", {name: alice, secret: \"file:$dir/alice\"}]" 'hold: 7s'
signal server HUP
has_line config via=SIGHUP "file=$dir/server.yml" result=applied "applied=server.token alice added"
has_line config "applied=server.hold changed"
configure "token: [\"file:$dir/token\"]" 'hold: 5s'
"$FERROTUNNEL" reload --control "$dir/server.sock" >"$dir/none"
has_line config "via=control request" "applied=server.token alice removed"
has_line admin act=reload "via=control socket" status=200
configure "token: [\"file:$dir/token\"]" 'hold: never'
"$FERROTUNNEL" reload --control "$dir/server.sock" >"$dir/none" 2>&1 && fail "the reload has succeeded"
has_line config result=refused why=hold
configure "token: [\"file:$dir/token\"]" 'hold: 5s'

say "what status and metrics have"
"$FERROTUNNEL" status --control "$dir/server.sock" --json >"$dir/status"
python3 - "$dir/status" "$log" <<'PY' || fail "the status is wrong"
import json, sys
audit = json.load(open(sys.argv[1]))["audit"]
assert audit["file"] == sys.argv[2] and audit["sequence"] > 5 and len(audit["hash"]) == 64, audit
assert audit["lost"] == 0 and audit["lines"] == audit["sequence"] and not audit["failing"], audit
PY

say "rotation, a restart, and a crash within a line"
whole "$log"
mv "$log" "$log.1"
signal server USR1
wait_until $patience "the new file" test -s "$log"
gzip "$log.1"
stop server
has_line stopped
head=$("$FERROTUNNEL" audit head "$log")
start_audited
wait_until $patience "two starts" has_lines 2 started
kill_now server
printf '{"seq":99,"time":"20' >>"$log"
broken "incomplete line. A killed server leaves one" "$log" "$log.1.gz"
start_audited
has_line torn bytes=20

say "another process continues the log"
programs[next]=1
start next "$FERROTUNNEL" server --config "$dir/server.yml" --replace --workers 2 --no-watch
join_ok server
has_line replaced
has_line admin act=handover "via=control socket"
wait_until $patience "four starts" has_lines 4 started
stop next
whole "$log" "$log.1.gz" --head "$head"
has_text "$dir/verify" "note: .*audit.log:[0-9]*: incomplete, as a crash"
has_text "$dir/verify" "the chain is intact: [0-9]* lines, the last one is [0-9]*:[0-9a-f]*$"
for secret in "${secrets[@]}"; do
    ! zcat -f "$log" "$log.1.gz" | grep -qF "$secret" || fail "a secret is in the audit log"
done

say "a compressed file that was cut"
head -c $(($(stat -c %s "$log.1.gz") / 2)) "$log.1.gz" >"$dir/half.gz"
broken "half.gz:[0-9]*: the compressed file is damaged: .*unexpected end of file" "$dir/half.gz"
code=0
"$FERROTUNNEL" audit head "$dir/half.gz" >"$dir/half" 2>&1 || code=$?
equal "the exit code for the head of a file that was cut" "$code" 2
has_text "$dir/half" "cannot read $dir/half.gz: the compressed file is damaged"

say "tampering"
gunzip "$log.1.gz"
cat "$log.1" >"$dir/all"
for change in '4s/"event"/"Event"/' 4d '4{h;d};5G' '4p'; do
    sed "$change" "$dir/all" >"$dir/changed"
    broken "$dir/changed:[4-6]: " "$dir/changed"
done
broken "the known line 1 is missing: the files do not have it" "$log" --head "1:$(printf 'a%.0s' {1..64})"
broken "not the known line 1" "$log.1" --head "1:$(printf 'a%.0s' {1..64})"
sed '$d' "$log" >"$dir/short"
whole "$dir/short" "$log.1"
broken "the log ends before it" "$dir/short" "$log.1" --head "$("$FERROTUNNEL" audit head "$log")"
code=0
verify "$dir/nothing" || code=$?
equal "the exit code for a missing file" "$code" 2
code=0
verify --head 7 "$log" || code=$?
equal "the exit code for a wrong head" "$code" 2
has_text "$dir/verify" "is not a valid SEQ:HASH"

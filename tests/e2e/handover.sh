# A client takes the place of another one under load, again and again: not one request fails, no byte is another one, and
# the one whose place was taken ends with 0. Then what may go wrong on the way.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need python3 curl

start backends python3 "$E2E_SOURCE/handover_visitors.py" "$dir"
wait_until $patience "the ports of the backends" test -s "$dir/handover.ports"
read -r pages echo grams <"$dir/handover.ports"
server_bind=127.0.0.1:$(free_port) # it is restarted there: no port that the system gives to somebody else meanwhile
printf 'server:\n  http:\n    requests_per_connection: 100\n' >"$dir/edge.yml" # as handover_visitors.py expects
start_edge --metrics 127.0.0.1:0 --config "$dir/edge.yml"
tcp=$(free_port) udp=$(free_port)

# configure NUMBER [LINE...]: of the NUMBERth client, with rules that are its own.
configure() {
    {
        printf '%s\n' "client:" "  drain: 60s" "  connections: 2" "  services:" \
            "    - {name: pages, http: app.test, local: \"127.0.0.1:$pages\", response_headers: {set: {X-Number: \"$1\"}}}" \
            "    - {name: echo, tcp: $tcp, local: \"127.0.0.1:$echo\"}" \
            "    - {name: any, tcp: 0, local: \"127.0.0.1:$echo\"}" \
            "    - {name: hidden, tcp: private, local: \"127.0.0.1:$echo\"}" \
            "    - {name: grams, udp: $udp, local: \"127.0.0.1:$grams\", idle: 1s}"
        printf '%s\n' "${@:2}"
    } >"$dir/client.yml"
}
# begin NAME [OPTION...]: a client of the file as it is now.
begin() { start_client "$1" --config "$dir/client.yml" --no-watch "${@:2}"; }
number_of() { ask app.test /page/1 -o /dev/null -D - | tr -d '\r' | awk 'tolower($1) == "x-number:" { print $2 }'; }
number_is() { [[ $(number_of) == "$1" ]]; }
rounds() { count_of visitors '^round'; }
more_rounds() { wait_until $patience "more of all visitors" count_is visitors '^round' $(($(rounds) + 2)); }

say "the first client: --replace is a start like any other where there is nobody"
configure 0
begin one --replace
wait_for_text one 'in place: no other client had this identity'
wait_for_services one 5
any=$(awk '$2 == "any" { print $3 }' "$dir/one.endpoints")
start visitors python3 "$E2E_SOURCE/handover_visitors.py" "$dir" "$edge" "127.0.0.1:$tcp" "127.0.0.1:$udp"
more_rounds

present=one
for ((i = 1; i <= 10; ++i)); do
    next=$([[ $present == one ]] && echo two || echo one)
    configure $i
    begin $next --replace
    wait_for_text $next 'in place: the other client finishes its visitors and ends'
    wait_for_text $present 'replaced: Another client with the same identity replaced this one'
    number_is $i || fail "after hand-over $i: the rules are those of $(number_of)"
    join_ok $present
    equal "the port that the server has chosen" "$(awk '$2 == "any" { print $3 }' "$dir/$next.endpoints")" "$any"
    present=$next
    more_rounds
    say "hand-over $i under load"
done

say "without --replace nobody is driven out"
configure 11
begin other
wait_for_text other 'refused: pages: .*held by another client with the same token'
signal other TERM
join other
number_is 10 || fail "the service is that of $(number_of)"

say "one that cannot have all that it wants does not take the place, and may be killed"
taken=$(free_port)
ready_client holder 1 --tcp "$taken=127.0.0.1:$echo"
configure 12 "    - {name: taken, tcp: $taken, local: \"127.0.0.1:$echo\"}"
begin half --replace --retry-refused 1m --metrics 127.0.0.1:0
wait_for_text half 'refused: taken: '
number_is 10 || fail "the service is that of $(number_of)"
metrics=$(awk '$1 == "metrics" { print $2 }' "$dir/half.endpoints")
equal "whether it is ready" "$(curl -sS -o /dev/null -w '%{http_code}' "http://$metrics/readyz")" 503
kill_now half
more_rounds
is_running $present || fail "$present has ended"
number_is 10 || fail "the service is that of $(number_of)"

say "when what is in its way has gone, it does"
begin half --replace --retry-refused 1m --reconnect-max 200ms
wait_for_text half 'refused: taken: '
signal holder TERM
join_ok holder
wait_for_text half 'in place: the other client'
join_ok $present
number_is 12 || fail "the service is that of $(number_of)"
present=half
more_rounds

say "of two at once one stays"
configure 13
begin left --replace
begin right --replace
wait_until $patience "one of the two alone" eval 'has_ended half && (has_ended left || has_ended right)'
join_ok half
if has_ended left; then
    join_ok left
    present=right
else
    join_ok right
    present=left
fi
more_rounds
is_running $present || fail "$present has ended, too"

say "an identity of its own goes before the file's; who has the place stays as long as --linger says"
configure 14
begin named --identity web --replace
wait_for_text named 'refused: pages: ' # it is another one than that of the file
signal named TERM
join named
touch "$dir/enough"
join_ok visitors
sed -n '/^[A-Z]/p' "$dir/visitors.out"
equal "failed visitors" "$(sed '0,/^failed/d' "$dir/visitors.out" | head -n 9 | tr '\n' ';')" "0;"

start manager python3 "$E2E_SOURCE/notify_listener.py" "$dir/notify"
wait_for_text manager listening
NOTIFY_SOCKET=$dir/notify WATCHDOG_USEC=200000 begin last --replace --linger 1h
wait_for_text last 'in place: the other client'
join_ok $present
NOTIFY_SOCKET=$dir/notify begin after --replace
wait_for_text after 'in place: the other client'
wait_for_text last 'replaced: '
wait_for_text server 'a client replaced others'
ticks() { awk '{print $14 + $15}' "/proc/$(pid_of last)/stat"; } # of processor time, hundredths of a second
before=$(ticks)
sleep 1 # it would have ended by then
is_running last || fail "the client did not linger"
(($(ticks) - before < 15)) || fail "a client that lingers took $(($(ticks) - before)) ticks of processor time in a second"
wait_for_text manager "^MAINPID=$(pid_of after) READY=1" # the service continues with that one
signal last TERM
join_ok last
equal "what the manager hears of an end" "$(count_of manager STOPPING)" 0

say "the one whose place is wanted has crashed, or the server begins again meanwhile"
kill_now after
begin again --replace
wait_for_text again 'in place: '
wait_until $patience "the services of the one that came after a crash" number_is 14
configure 15 "    - {name: taken, tcp: $taken, local: \"127.0.0.1:$echo\"}"
ready_client holder 1 --tcp "$taken=127.0.0.1:$echo"
begin waiting --replace --retry-refused 1m --reconnect-max 200ms
wait_for_text waiting 'refused: taken: '
signal server TERM
join_ok server
start_edge --config "$dir/edge.yml"
signal holder TERM
join_ok holder
wait_for_text waiting 'in place: '
wait_until $patience "the services of the one that waited" number_is 15
join_ok again

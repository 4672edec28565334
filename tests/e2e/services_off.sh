# Services that are switched off: by `services disable`, which is kept, and by the file. They stay off through reloads and
# restarts, `status` says by whom, and visitors who are there finish.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/kept_lib.sh"
need curl python3
on() { run_ok "$@" --control "$socket"; }

serve_page
start_server
port_a=$(free_port)
port_b=$(free_port)
# config [KEY...]: the client's file; the keys are those of its second service.
config() { write_config "{name: a, tcp: $port_a, local: $web}" "{name: b, tcp: $port_b, local: $web${1:+, $1}}"; }
restart() {
    signal client TERM
    join_ok client
    start_configured "$port_a" "$@"
}
# visitor_in_service SERVICE PORT: a visitor who has begun a request, by descriptor 7, and is in the hands of the client: one
# whom the server still has might come too late.
visitor_in_service() {
    local before
    before=$(count_of client "a visitor  *service=$1 ")
    exec 7<>"/dev/tcp/127.0.0.1/$2"
    printf 'GET /page HT' >&7
    wait_until $patience "the visitor at the client" count_is client "a visitor  *service=$1 " $((before + 1))
}
me="user $(id -u) ($(id -un))"

config
start_configured "$port_a"
wait_until $patience "the second service" fetches "$port_b"

say "one that is disabled is taken off the server; its visitors finish"
visitor_in_service b "$port_b"
on services disable b
printed '^b is disabled; its visitors finish$'
printed "^saved in $kept$"
wait_until $patience "the closed port" is_gone "$port_b"
printf 'TP/1.0\r\n\r\n' >&7
equal "what the visitor who was there gets" "$(timeout $patience tail -n 1 <&7)" hello
exec 7<&- 7>&-
fetches "$port_a" || fail "the other service is gone too"
on services
printed "b .*disabled: by $me$"
on status
printed "b .*disabled: by $me$"
on services --json
printed "\"disabled_by\":\"$me\""
has_text "$kept" '  disabled:'

say "again changes nothing"
on services disable b
run_fails services disable c --control "$socket"
complained 'There is no service called "c"'

say "it stays off through a reload and a restart, and check says so"
on reload
printed '^nothing has changed$'
run_ok check "$file"
printed '  b .*(off)$'
restart
wait_for_text client '  b is off'
is_gone "$port_b" || fail "it came back with a restart"
on reload
is_gone "$port_b" || fail "it came back with a reload"
on status
printed "b .*disabled: by $me$"

say "it is enabled again"
on services enable b
printed "^b: 127.0.0.1:$port_b -> localhost:$web$"
fetches "$port_b" || fail "it is not there again"
[[ ! -e $kept ]] || fail "an empty file was left"

say "what the file has off is off, and enabled there"
config 'enabled: off'
on reload
wait_until $patience "the closed port" is_gone "$port_b"
on status
printed "b .*disabled: by $file$"
run_fails services enable b --control "$socket"
complained 'The configuration itself switches "b" off'
config
on reload
wait_until $patience "the second service" fetches "$port_b"

say "a name in the kept file that no service has means nothing, and a mistake in the file does not keep a service on"
on services disable b
config 'nonsense: 1'
on services disable a
wait_until $patience "the closed port" is_gone "$port_a"
has_text "$kept" '"name": *"a"\|"name":"a"'
config
on reload
is_gone "$port_a" || fail "a reload has switched it on"
on services enable a
on services enable b
wait_until $patience "the first service" fetches "$port_a"

say "a service that is not kept anywhere stays off through a reload, and comes back with a restart"
port_c=$(free_port)
on services add --tcp "$port_c=$web" --name c
on services disable c
printed '^not saved: this lasts until the client ends$'
on reload
wait_until $patience "the closed port" is_gone "$port_c"
on services enable c
fetches "$port_c" || fail "it is not there again"

say "one that is kept and off keeps both"
port_d=$(free_port)
on services add --tcp "$port_d=$web" --name d --keep
on services disable d
restart
on services
printed 'd .*disabled: by user'
on services remove d --keep
[[ ! -e $kept ]] || fail "what was removed is still named: $(<"$kept")"

say "a reload tells what it has not touched, and status how long a trial lasts"
config "bind: 127.0.0.1"
on reload --json
printed '"counts":{"applied":1,"unchanged":1,"needs_restart":0}'
printed '"unchanged":\["client.services a"\]'
config
on reload --try 600s
printed '^1 changed, 1 unchanged, 0 need a restart$'
on status
printed '^  on trial     the reload is reverted in [0-9]* s, unless confirmed$'
on reload --confirm
on status
if file_has "$dir/run.out" 'on trial'; then fail "the trial is over, and status shows it"; fi

say "a client that ends stays so, whatever is reloaded"
visitor_in_service a "$port_a"
on drain --time 600s
run reload --control "$socket"
wait_until $patience "the closed port" is_gone "$port_a"
printf 'TP/1.0\r\n\r\n' >&7
equal "what the visitor who was there gets" "$(timeout $patience tail -n 1 <&7)" hello
exec 7<&- 7>&-
join_ok client

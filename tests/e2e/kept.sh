# Services that a running client is told to keep: they are in a file that the configuration includes by itself, and so
# survive reloads and restarts; a whole range of ports comes and goes.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/kept_lib.sh"
need curl python3

serve_page
start_server
port=$(free_port)
extra=$(free_port)
brief=$(free_port)
# config NAME: the client's file, whose service has this name.
config() { write_config "{name: $1, tcp: $port, local: $web}"; }

config web
start_configured "$port"

say "what is kept is written beside the file, for its user alone"
run_ok services add --tcp "$extra=$web" --name extra --keep
printed "^saved in $kept$"
equal "the mode of the file" "$(stat -c %a "$kept")" 600
has_text "$kept" '^# Changes kept by a running client'
run_ok services add --tcp "$brief=$web" --name brief
fetches "$extra" || fail "the kept service does not work"

say "check and config diff see it, and nothing differs"
run_ok check "$file"
printed "extra .*tcp $extra"
run_ok config diff --control "$socket"
printed '^no differences$'

say "a reload leaves it, and what was not kept too"
run_ok reload --control "$socket"
printed '^nothing has changed$'
fetches "$extra" && fetches "$brief" || fail "a reload has taken a service off"

say "a restart brings back what was kept alone"
signal client TERM
join_ok client
start_configured "$port"
wait_until $patience "the kept service" fetches "$extra"
wait_until $patience "the end of what was not kept" is_gone "$brief" # its port was held for a moment

say "a name in both files is an error that names both places"
config extra
run check "$file"
equal "the code of check" "$code" 2
complained "$kept:[0-9]*:[0-9]*: client.services.1..name: a second service is called \"extra\"; the first one is in $file:6"
run_fails reload --control "$socket"
complained 'a second service is called "extra"'
config web
run_fails services add --tcp "0=$web" --name web --keep
complained 'already has a service with that name'

say "what would not be right with the whole configuration is not added"
before=$(<"$kept")
sed -i 's/workers: 1/workers: many/' "$file"
run_fails services add --tcp "0=$web" --name late --keep
complained 'cannot be kept: the configuration would not be valid with this change: .*workers'
equal "the file" "$(<"$kept")" "$before"
run_ok services --control "$socket"
if file_has "$dir/run.out" late; then fail "it was added"; fi
config web

say "a variable that is none stays one"
run services add --json "{\"http\": \"a.example.com\", \"local\": \"$web\", \"name\": \"dollar\",
    \"request_headers\": {\"set\": {\"X-Price\": \"\${HOME}\"}}}" --keep # this server has no HTTP, and refuses it
printed "^saved in $kept$"
has_text "$kept" '"$${HOME}"'
run_ok reload --control "$socket"
printed '^nothing has changed$'
run_ok services remove dollar --keep

say "what is removed and not kept any more stays away; what the file says is changed there"
run_ok services remove extra
wait_until $patience "the closed port" is_gone "$extra"
run_ok reload --control "$socket"
printed '^applied: client.services extra added$'
run_ok services remove extra
run_ok services remove extra --keep
[[ ! -e $kept ]] || fail "one that was taken off before is still kept"
run_ok services add --tcp "$extra=$web" --name extra --keep
wait_until $patience "the kept service" fetches "$extra"
run_fails services remove web --keep
complained "\"web\" is not kept in \"$kept\""
fetches "$port" || fail "it was removed all the same"
run_ok services remove extra --keep
wait_until $patience "the closed port" is_gone "$extra"
[[ ! -e $kept ]] || fail "an empty file was left"
run_ok reload --control "$socket"
printed '^nothing has changed$'

say "a range of ports, whose parts can be removed"
first=0
for ((try = first_port; try < first_port + 190 && first == 0; ++try)); do
    if "$E2E_TOOLS/tcp_peer" can-bind "$try" && "$E2E_TOOLS/tcp_peer" can-bind $((try + 1)) &&
        [[ ! -e $dir/.port.$try && ! -e $dir/.port.$((try + 1)) ]]; then
        mkdir "$dir/.port.$try" "$dir/.port.$((try + 1))"
        first=$try
    fi
done
run_ok services add --tcp "$first-$((first + 1))=$web-$((web + 1))" --keep
printed "^tcp:$first: 127.0.0.1:$first -> localhost:$web$"
printed "^tcp:$((first + 1)): 127.0.0.1:$((first + 1)) -> localhost:$((web + 1))$"
fetches "$first" || fail "the first port of the range does not work"
run_ok services remove "tcp:$first" --keep
run_ok reload --control "$socket"
printed '^nothing has changed$'
wait_until $patience "the closed port" is_gone "$first"
run_fails services add --tcp "$first-$((first + 1))=$web-$((web + 1))"
complained 'already has a service with that name'
wait_until $patience "the end of the part that was added first" is_gone "$first"
has_text "$kept" "tcp:$((first + 1))"

say "what others have written into the file is not lost"
printf 'client:\n  drain: 7s\n' >"$kept"
run_fails services add --tcp "0=$web" --name more --keep
complained 'has keys other than .client.services. and .client.disabled., which would be lost'
has_text "$kept" 'drain: 7s'
rm "$kept"
signal client TERM
join_ok client

say "without a file there is nowhere to keep it"
ready_client client 1 --tcp "$port=127.0.0.1:$web"
run_fails services add --tcp "0=$web" --name more --keep
complained 'was started without a configuration file'
wait_for_services client 1

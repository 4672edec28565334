# Services of a client that the server's administrator adds, switches and removes, within the targets that the client's
# user has named; they are kept at the client, and are there again after restarts of both.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/kept_lib.sh"
need curl python3
# The commands of the server's administrator.
on() { run_ok services "$@" --client nas --control "$dir/run/server.sock"; }
refused() {
    run_fails services "${@:2}" --client nas --control "$dir/run/server.sock"
    complained "$1"
}

serve_page
own_web=$(free_port)
start own_web python3 -m http.server --bind 127.0.0.1 --directory "$dir/files" "$own_web"
wait_for_port "127.0.0.1:$own_web" own_web
mkdir "$dir/secret"
free=$(free_port) own=$(free_port) port=$(free_port)
server_bind=127.0.0.1:$(free_port) # it is restarted there: no port that the system gives to somebody else meanwhile
start_server --http-bind 127.0.0.1:0
config() {
    write_config "{name: own, tcp: $own, local: localhost:$own_web}"
    sed -i "s/^  workers: 1$/  workers: 1\n  name: nas\n  retry_refused: 200ms\n  ${1:-managed: [\"127.0.0.1:$web\", \"127.0.0.1:$free\"]}/" "$file"
}
config
start_configured "$own"

say "a service is added from the server, and is kept at the client; its own file is untouched"
before=$(<"$file")
on add --tcp "$port=$web" --name page
printed "^page: .*:$port -> 127.0.0.1:$web$"
printed "^saved in $kept$"
wait_until $patience "the page by its port" fetches "$port"
equal "the client's own file" "$(<"$file")" "$before"
has_text "$dir/client.err" "the server's administrator can manage services of this client.*POST /v1/services.*201"

say "what leads elsewhere is refused by the client, with its reason, and so is what names files of that machine"
refused 'does not allow services to lead to "127.0.0.1:22"' add --tcp "0=22"
refused "does not allow services to lead to \"10.0.0.1:$web\"" add --tcp "0=10.0.0.1:$web"
refused "does not allow services to lead to \"app.internal:$web\"" add --http "x.test=app.internal:$web"
refused "does not allow services to lead to \"localhost:$web\"" add --http "x.test=http://localhost:$web"
refused "does not allow services to lead to \"files:$dir/secret\"" add --http "x.test=files:$dir/secret"
refused 'does not allow services to lead to "unix:/run/app.sock"' add --http x.test=unix:/run/app.sock
refused 'has no "token"' add --json "{\"tcp\": 0, \"local\": \"$web\", \"token\": \"file:/etc/passwd\"}"
refused 'has no "backend_ca"' add --json "{\"http\": \"x.test\", \"local\": \"$web\", \"backend_ca\": \"/etc/passwd\"}"
refused 'tcp: .*70000' add --json "{\"tcp\": 70000, \"local\": \"$web\"}"
refused 'leads to an address that the user of this client does not allow' disable own
refused 'leads to an address that the user of this client does not allow' remove own
refused 'There is no service called "other"' remove other

say "another one, at a backend that does not answer yet"
on add --http "x.test=$free" --name spare
run_ok services --control "$dir/run/server.sock" --json
printed '"name":"spare"'

say "it is switched off and on, and the client's status says by whom"
on disable page
wait_until $patience "the closed port" is_gone "$port"
run_ok services --control "$socket"
printed 'page .*disabled: by the server$'
on enable page
wait_until $patience "the page again" fetches "$port"

say "the same by curl; a path that is not a service's, a client that is not there, and one who is none"
ask() { curl -sS --unix-socket "$dir/run/server.sock" "http://localhost/v1/clients/$1" "${@:2}"; }
ask nas/services >"$dir/run.out"
printed '"name":"page"'
printed '"name":"spare"'
! file_has "$dir/run.out" '"name":"own"' || fail "it is there"
ask nas/reload -d '{}' >"$dir/run.out"
printed '"code":"not_found"'
ask nobody/services >"$dir/run.out"
printed 'No connected client has the name or the id \\"nobody\\"'
curl -sS --unix-socket "$socket" "http://localhost/v1/clients/nas/services" >"$dir/run.out"
printed '"code":"not_here"'

say "both are there again after restarts of both"
signal server TERM
join_ok server
start_server --http-bind 127.0.0.1:0
wait_until $patience "the page behind the server's restart" fetches "$port"
signal client TERM
join_ok client
start_configured "$own"
wait_until $patience "the page behind the client's restart" fetches "$port"

say "a removed one does not come back"
on remove page
wait_until $patience "the closed port" is_gone "$port"
! file_has "$kept" page || fail "it is there"

say "whoever is not managed any more says so; a reload is enough"
config "drain: 1s"
run_ok reload --control "$socket"
refused 'does not allow its services to be managed' remove spare

say "two clients of one name: their ids tell them apart"
(umask 077 && "$FERROTUNNEL" token >"$dir/second_token")
start_client twin --name nas --managed "127.0.0.1:$web" --tcp "0=$web"
wait_for_services twin 1
refused '2 clients are called "nas"' add --tcp "0=$web"

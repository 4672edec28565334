# Control of one member of a cluster at another one: what is shown, where names are, orders, who may give them; and a drain
# that moves clients first, while visitors are served.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
need curl openssl python3

members=(a b)
address=([a]=127.0.0.2 [b]=127.0.0.3)
control_port=$(free_port) http=$(free_port) https=$(free_port) link=$(free_port)
prepare_cluster app.test
for name in "${members[@]}"; do
    write_member "$name" "  hold: 60s" "  http: {hold: 60s}" "  drain: 600s" # longer than this test takes
    start_member "$name"
done
wait_linked a b
wait_linked b a

# What a balancer in front of both servers does: b, else a.
cat >"$dir/balancer.py" <<'PYTHON'
import asyncio, sys
async def pass_on(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()
async def accept(reader, writer):
    for place in sys.argv[2:]:
        host, port = place.split(":")
        try:
            there = await asyncio.open_connection(host, int(port))
        except OSError:
            continue
        await asyncio.gather(pass_on(reader, there[1]), pass_on(there[0], writer))
        return
    writer.close()
async def main():
    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    open(sys.argv[1], "w").write(f"{server.sockets[0].getsockname()[1]}\n")
    await server.serve_forever()
asyncio.run(main())
PYTHON
start balancer python3 "$dir/balancer.py" "$dir/balancer.port" "${address[b]}:$control_port" "${address[a]}:$control_port"
wait_until $patience "the balancer's port" test -s "$dir/balancer.port"
client_to=127.0.0.1:$(<"$dir/balancer.port")
serve_http pages
pages=$backend
serve talk text:hello rest
line=$(free_port)
ready_client nas 2 --http "app.test=$pages" --tcp "$line=$backend" --name nas --managed "$pages"

say "status, services and tokens of b, at a"
on_a() { run_ok "$@" --control "$dir/a.sock"; }
on_a status --server b
printed "^$dir/a.sock, server b: server, pid $(pid_of b),"
printed " nas "
on_a services --server b
printed "app.test.* nas "
on_a tokens --server b --json
printed '"name":'
on_a health --server b
printed "server b: ready"
on_a status --server a
printed "^$dir/a.sock, server a: server, pid $(pid_of a),"
knows() { on_a services --all && file_has "$dir/run.out" "^  app.test *http *b *ready"; }
wait_until $patience "app.test in the list of a" knows
printed "^  $line *tcp *b *ready"
on_a services
printed "2 names at other servers of the cluster: --all lists them"
export FERROTUNNEL_SERVER=elsewhere.example.com # of a client
on_a status
unset FERROTUNNEL_SERVER
printed "^$dir/a.sock: server, pid $(pid_of a),"

say "what is not a member, and a second hop, are refused"
run_fails status --server c --control "$dir/a.sock"
complained '"c" is not a member of the cluster. This server is a; the others that it knows are b'
curl -sS --unix-socket "$dir/a.sock" http://localhost/v1/cluster/members/b/cluster/members/a/status >"$dir/run.out"
printed '"code":"not_here"'
curl -sS --unix-socket "$dir/a.sock" http://localhost/v1/cluster/members/b/sockets >"$dir/run.out"
printed '"code":"not_found"'

say "services of a client are managed at any server"
on_a services add --client nas --http "more.test=$pages"
printed "^more.test: "
edge=${address[a]}:$http
wait_until $patience "more.test at a" status_is more.test /name/n 200
on_a services remove --client nas more.test
run_fails services remove --client nobody x --control "$dir/a.sock"
complained 'No connected client has the name or the id "nobody"'

say "b says who asked, and need not answer"
run_fails kick --server b nobody --control "$dir/a.sock"
complained 'No connected client has the name or the id "nobody"'
wait_for_text b 'another member of the cluster sent a request .*member=a .*method=POST .*path=/v1/kick'
sed -i 's/  cluster: {name: b,/  cluster: {name: b, control: off,/' "$dir/b.yml"
run_ok reload --control "$dir/b.sock"
printed 'applied: server.cluster.control'
run_fails status --server b --control "$dir/a.sock"
complained 'accepts no requests of other members: `server.cluster.control` is off'
sed -i 's/ control: off,//' "$dir/b.yml"
run_ok reload --control "$dir/b.sock"

say "b drains, by an order at a: its client moves, and b forwards visitors until the last one of before has finished"
start holder "$E2E_TOOLS/tcp_peer" connect "${address[b]}:$line" rest
wait_for_text b "a visitor .*service=tcp:$line"
start waiter "$FERROTUNNEL" drain --server b --wait --control "$dir/a.sock"
moved() { check_alive && [[ $(clients_of a) == nas ]]; }
edge=${address[b]}:$http
count=0
while ! moved; do
    equal "an answer of b while the client moves" "$(status_of app.test /name/n)" 200
    [[ $(visit "${address[b]}:$line" take:5 2>"$dir/visit.err") == *" received=5 "* ]] || fail "a visitor of port $line at b"
    count=$((count + 1))
done
for ((i = 0; i < 5; ++i)); do
    equal "an answer of b after that" "$(status_of app.test /name/n)" 200
    [[ $(visit "${address[b]}:$line" take:5 2>"$dir/visit.err") == *" received=5 "* ]] || fail "a visitor of port $line at b"
done
is_running b || fail "b has not waited for its visitor"
kill_now holder
join_ok b
join_ok waiter
has_text "$dir/waiter.out" 'the program ended'
edge=${address[a]}:$http
equal "an answer of a" "$(status_of app.test /name/n)" 200
run_fails status --server b --control "$dir/a.sock"
complained 'The member "b" cannot be reached from here'

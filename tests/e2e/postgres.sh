# PostgreSQL: pgbench by TCP, and psql where the service's backend is a unix socket.
source "$(dirname "$0")/lib.sh"
for folder in /usr/lib/postgresql/*/bin; do
    PATH=$PATH:$folder
done
need postgres initdb pgbench psql

# PostgreSQL does not run as root.
as_user=()
if ((EUID == 0)); then
    need setpriv
    account=$(getent passwd postgres nobody | head -1 | cut -d : -f 1)
    as_user=(setpriv --reuid="$account" --regid="$(id -g "$account")" --clear-groups)
    chmod 711 "$dir"
    mkdir -m 700 "$dir/database"
    chown "$account" "$dir/database"
else
    mkdir -m 700 "$dir/database"
fi
(cd "$dir/database" && "${as_user[@]}" env HOME="$dir/database" "$(command -v initdb)" -D "$dir/database/data" \
    -U tester -A trust -E UTF8 --no-sync) >"$dir/initdb.out" 2>"$dir/initdb.err" ||
    skip "initdb does not work here: $(tail -1 "$dir/initdb.err")"
port=$(free_port)
cd "$dir/database"
start postgres "${as_user[@]}" "$(command -v postgres)" -D "$dir/database/data" -p "$port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories="$dir/database" -c fsync=off -c max_connections=60
cd - >/dev/null
on_end 'kill -INT "${pids[postgres]}" 2>/dev/null; wait_until $patience "the end of postgres" has_ended postgres'
direct=(-h 127.0.0.1 -p "$port" -U tester)
answers() { psql "${direct[@]}" -d postgres -c 'select 1' >/dev/null 2>&1 || has_ended postgres; }
wait_until $patience "postgres" answers
is_running postgres || fail "postgres has ended"

start_server
ready_client client 1 --tcp "0=127.0.0.1:$port"
public=$(public_of client)
through=(-h 127.0.0.1 -p "${public##*:}" -U tester)

say "pgbench: tables"
pgbench "${through[@]}" -i -s "$(by_size 1 10)" -q postgres >"$dir/init.out" 2>"$dir/init.err"
transactions=$(by_size 200 5000 1000)
say "10 connections, $transactions transactions each"
pgbench "${through[@]}" -c 10 -j 2 -t "$transactions" postgres >"$dir/bench.out" 2>"$dir/bench.err"
grep -E 'processed|failed|latency' "$dir/bench.out"
has_text "$dir/bench.out" "actually processed: $((transactions * 10))/$((transactions * 10))"
say "a new connection for each transaction"
pgbench "${through[@]}" -c 4 -C -S -t 50 postgres >"$dir/connect.out" 2>"$dir/connect.err"
has_text "$dir/connect.out" "actually processed: 200/200"
say "a large result"
equal bytes "$(psql "${through[@]}" -At -d postgres -c "select repeat('x', 100) from generate_series(1, 100000)" | wc -c)" \
    10100000

say "psql through a backend that is a unix socket"
ready_client by_socket 1 --tcp "0=unix:$dir/database/.s.PGSQL.$port"
public=$(public_of by_socket)
asked="select count(*), inet_server_addr() is null from pgbench_branches"
equal "branches, by a connection without an address" \
    "$(psql -h 127.0.0.1 -p "${public##*:}" -U tester -d postgres -A -t -c "$asked")" "$(by_size 1 10)|t"

say "psql by a visit of another client, without a public port"
(umask 077 && "$FERROTUNNEL" token >"$dir/key")
start_client office --private "db=127.0.0.1:$port" --key-file "$dir/key"
wait_for_text office " -> 127.0.0.1:$port"
programs[laptop]=1
start laptop "$FERROTUNNEL" visit db --local 0 --key-file "$dir/key" --server "$control" --token-file "$dir/token" --tls $tls
wait_for_text laptop "^connected to"
visited=$(awk '$2 == "->" { print $1; exit }' "$dir/laptop.out")
by_visit=(-h 127.0.0.1 -p "${visited##*:}" -U tester)
equal branches "$(psql "${by_visit[@]}" -d postgres -A -t -c "select count(*) from pgbench_branches")" "$(by_size 1 10)"
equal bytes "$(psql "${by_visit[@]}" -At -d postgres -c "select repeat('x', 100) from generate_series(1, 100000)" | wc -c)" \
    10100000
pgbench "${by_visit[@]}" -c 4 -C -S -t 20 postgres >"$dir/visit.out" 2>"$dir/visit.err"
has_text "$dir/visit.out" "actually processed: 80/80"

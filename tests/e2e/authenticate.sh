# A server that looks its users up in SQLite (docs/examples/sqlite_users.cpp), without any token of its own: a user of the
# database logs in, also one that was added while it runs; a stranger is refused; a removed user is out at once.
source "$(dirname "$0")/lib.sh"
[[ -x $E2E_TOOLS/sqlite_users ]] || skip "the example was not built: SQLite is missing (Debian: libsqlite3-dev)"

mkfifo "$dir/commands"
exec {commands}<>"$dir/commands"
# Users' tokens are in its output, on purpose: it is kept out of what check_secrets looks through.
start server bash -c 'exec "$0" "$1" 127.0.0.1:0 <"$2" >"$3"' "$E2E_TOOLS/sqlite_users" "$dir/users.db" "$dir/commands" \
    "$dir/printed"
wait_until $patience "the server" file_has "$dir/printed" '^clients connect to '
control=$(awk '/^clients connect to/ { print $4 }' "$dir/printed")

# add NAME: a user, whose token is in $dir/NAME.token afterwards.
add() {
    echo "add $1" >&$commands
    wait_until $patience "the token of $1" file_has "$dir/printed" "^$1 ft1_"
    (umask 077 && awk -v name="$1" '$1 == name { print $2 }' "$dir/printed" >"$dir/$1.token")
}
# refused NAME TOKEN_FILE: a client that must not get in.
refused() {
    client_token=$2 start_client "$1" --tcp "0=$backend"
    join "$1"
    ((exit_codes[$1] != 0)) || fail "$1 ended well"
    has_text "$dir/$1.err" 'unauthorized'
}

serve backend --port "$(free_port)" echo
make_token # a stranger's

say "a user logs in, and its service works"
add alice
client_token=$dir/alice.token ready_client alice 1 --tcp "0=$backend"
wait_for_text server 'token=alice'
equal "received" "$(value received "$(visit "$(public_of alice)" exchange:64K finish rest)")" 65536

say "a stranger is refused"
refused stranger "$dir/token"

say "a user that is added while the server runs logs in, too"
add bob
client_token=$dir/bob.token ready_client bob 1 --tcp "0=$backend"

say "a removed user's session ends; it does not come back, and the other one stays"
start visitor "$E2E_TOOLS/tcp_peer" connect "$(public_of alice)" exchange:1 "touch:$dir/visitor_there" rest
wait_until $patience "the visitor" test -e "$dir/visitor_there"
echo "remove alice" >&$commands
join visitor
wait_for_text alice 'revoked'
wait_until $patience "the closed port" refuses "$(public_of alice)"
refused alice_again "$dir/alice.token"
equal "received" "$(value received "$(visit "$(public_of bob)" exchange:64K finish rest)")" 65536
check_alive

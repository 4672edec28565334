# Tokens that members of a cluster look up (Server::Builder::authenticate), revoked at one of them by Server::revoke: the
# sessions end at all, no cached answer lets the client in again, and a member that was frozen learns it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
need openssl python3

address=([a]=127.0.0.2 [b]=127.0.0.3 [c]=127.0.0.4)
control_port=$(free_port) http=$(free_port) https=$(free_port) link=$(free_port)
# Waited for; the goal is a second, which is printed.
promptly=$patience
prepare_cluster app.test
users=$dir/users
mkdir "$users"

# new_user NAME: a token that every member finds; its id is then in $id.
new_user() {
    (umask 077 && "$FERROTUNNEL" token >"$users/$1.token")
    cp "$users/$1.token" "$dir/$1.token" # the client's
    id=$(python3 "$E2E_SOURCE/token_endpoint.py" id "$dir/$1.token")
}
# start_lookup NAME: a member of a program with the library; what it is told goes to the descriptor ${to[NAME]}.
declare -A to=()
start_lookup() {
    programs[$1]=1
    expected_codes[$1]=143 # it does not handle SIGTERM
    rm -f "$dir/$1.in"
    mkfifo "$dir/$1.in"
    local commands
    exec {commands}<>"$dir/$1.in"
    to[$1]=$commands
    start "$1" bash -c 'exec "$0" "$1" "$2" <"$3"' "$E2E_TOOLS/lookup_server" "$dir/$1.yml" "$users" "$dir/$1.in"
    wait_for_text "$1" '^clients connect to'
}
revoke_at() { echo "$2" >&"${to[$1]}"; }
client_at() {
    client_to=${address[$1]}:$control_port client_token=$dir/$3.token start_client "$2" --tcp "0=127.0.0.1:9" --name "$2" "${@:4}"
}
has_client() { [[ " $(clients_of "$1") " == *" $2 "* ]]; }
has_no_client() { ! has_client "$1" "$2"; }
# is_refused NAME MEMBER: a new client of hers gives up.
is_refused() {
    client_at "$2" "$1" ann --attempts 1
    join "$1"
    unset "programs[$1]"
    equal "how $1 ends" "${exit_codes[$1]}" 3
}
# out NAME: a client is told why its session has ended. It would try again for ever.
out() {
    wait_until $promptly "the end of $1" text_is_there "$1" 'has revoked this token'
    kill_now "$1"
    unset "programs[$1]"
}

say "three servers without tokens find each other"
for name in "${members[@]}"; do
    write_member "$name" "  hold: 2s"
    sed -i '/^  token:/d' "$dir/$name.yml"
    start_lookup "$name"
done
all_linked

say "a user has clients at a and b, and another user at b"
new_user bob
new_user ann
ann=$id
client_at a ann_a ann
client_at b ann_b ann
client_at b bob bob
for name in ann_a ann_b bob; do wait_for_services "$name" 1; done

say "she is removed, and revoked at c, where she has no client: her sessions end at a and b"
rm "$users/ann.token"
began=$(now_ms)
revoke_at c "$ann"
wait_for_text c "^unknown $ann"
out ann_a
out ann_b
say "her sessions ended after $(($(now_ms) - began)) ms"
wait_until $promptly "her absence at a" has_no_client a ann_a
wait_until $promptly "her absence at b" has_no_client b ann_b
has_client b bob || fail "bob has lost his session"

say "no cached answer lets her in again"
for member in a b c; do
    is_refused "again_$member" "$member"
done

say "a user who is there again is no longer revoked"
cp "$dir/ann.token" "$users/ann.token"
client_at a ann_back ann
client_at b ann_both ann
wait_for_services ann_back 1
wait_for_services ann_both 1

say "a member that is frozen meanwhile learns it afterwards"
client_at c ann_c ann
wait_for_services ann_c 1
signal c STOP
rm "$users/ann.token"
revoke_at a "$ann"
wait_for_text a "^revoked $ann"
out ann_back
out ann_both
signal c CONT
out ann_c
all_linked
is_refused ann_last c
has_client b bob || fail "bob has lost his session"
check_alive

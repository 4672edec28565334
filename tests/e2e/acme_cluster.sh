# Certificates from a CA in a cluster of two servers whose names lead to one of them: one order for each name, whichever
# server orders; the other one answers the CA; both serve the certificate, and from their own stores after a restart.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/acme_lib.sh"
need curl openssl python3
serve_http backend
make_token
"$FERROTUNNEL" cluster key "$dir/cluster.key" >/dev/null || fail "cluster key"

declare -A web_of=([a]=$(free_port) [b]=$(free_port)) secure_of=([a]=$(free_port) [b]=$(free_port))
declare -A link_of=([a]=$(free_port) [b]=$(free_port))
asked_web=${web_of[b]} asked_secure=${secure_of[b]} # where the CA asks
start_lying

# start_one MEMBER [ACME LINE...]; at MEMBER COMMAND...: with its ports and its store.
start_one() {
    local other=b
    [[ $1 == a ]] || other=a
    server_lines="cluster: {name: $1, listen: \"127.0.0.1:${link_of[$1]}\", key: $dir/cluster.key, peers: {$other: \"127.0.0.1:${link_of[$other]}\"}}"
    at "$1" start_acme "$@"
}
at() {
    web=${web_of[$1]} secure=${secure_of[$1]} state=$dir/state_$1
    control_socket=$dir/$1.sock
    "${@:2}"
}
serial_at() { at "$1" shown "$2"; }
same_certificate() { [[ -n $(serial_at a "$1") && $(serial_at a "$1") == "$(serial_at b "$1")" ]]; }
wait_for_both() {
    at a wait_for_certificate "$1"
    at b wait_for_certificate "$1"
    wait_until $patience "one certificate of $1 at both servers" same_certificate "$1"
}
linked() { "$FERROTUNNEL" cluster status --json --control "$dir/a.sock" 2>/dev/null | grep -q '"linked": *true'; }
member_of() { # MEMBER NAME: who has ordered it, as this member has it
    "$FERROTUNNEL" acme --json --control "$dir/$1.sock" | python3 -c 'import json, sys
print(*(each.get("member") for each in json.load(sys.stdin)["names"] if each["name"] == sys.argv[1]))' "$2"
}

start_one a "ways: [http-01, tls-alpn-01]"
start_one b "ways: [http-01, tls-alpn-01]"
wait_until $patience "the link" linked

say "a client of a: a orders, b answers the CA, both serve"
client_to=$(awk '$1 == "control" { print $2 }' "$dir/a.endpoints") ready_client client 1 --http "one.test=$backend"
wait_for_both one.test
equal "orders" "$(order_count)" 1
equal "who has ordered, at a" "$(member_of a one.test)" a
equal "who has ordered, at b" "$(member_of b one.test)" a
wait_for_text lying '^validated http-01 one.test ok'

say "b orders the next way, and a is told which server has ordered"
signal client TERM
join_ok client
unset "programs[client]"
client_to=$(awk '$1 == "control" { print $2 }' "$dir/b.endpoints") ready_client client 1 --http "next.test=$backend"
wait_for_both next.test
equal "orders" "$(order_count)" 2
equal "who has ordered, at a" "$(member_of a next.test)" b

signal client TERM
join_ok client
unset "programs[client]"

say "both want one name: one order, by tls-alpn-01"
at a stop_acme a
at b stop_acme b
start_one a "names: [both.test]" "ways: [tls-alpn-01]"
start_one b "names: [both.test]" "ways: [tls-alpn-01]"
wait_for_both both.test
equal "orders" "$(order_count)" 3
wait_for_text lying '^validated tls-alpn-01 both.test ok'
equal "who has ordered" "$(member_of a both.test)" "$(member_of b both.test)"

say "certificates of the other server survive a restart of both"
for name in one.test next.test; do
    at a is_trusted $name || fail "a does not serve $name"
    at b is_trusted $name || fail "b does not serve $name"
done
equal "orders" "$(order_count)" 3

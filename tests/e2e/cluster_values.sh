# What one server of a cluster decides for all of them: clients that are kicked, and tokens that were removed. Sessions
# end at the other servers, logins are refused there with the reason, and a server that was away learns both.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
need openssl python3

address=([a]=127.0.0.2 [b]=127.0.0.3 [c]=127.0.0.4)
control_port=$(free_port) http=$(free_port) https=$(free_port) link=$(free_port)
# Waited for; the goal is a second.
promptly=$patience
prepare_cluster app.test

# client_at SERVER NAME TOKEN [OPTION...]: does not wait for it.
client_at() {
    client_to=${address[$1]}:$control_port client_token=$dir/$3 start_client "$2" --tcp "0=127.0.0.1:9" --name "$2" "${@:4}"
}
clients_are() { [[ $(clients_of "$1") == "$2" ]]; }
# json_is MEMBER COMMAND EXPRESSION VALUE: of `j`, what the command prints as JSON.
json_is() {
    local -a command
    read -ra command <<<"$2"
    "$FERROTUNNEL" "${command[@]}" --json --control "$dir/$1.sock" >"$dir/json" 2>"$dir/json.err" || return 1
    [[ $(python3 -c 'import json, sys
j = json.loads(open(sys.argv[1]).readline())
print(eval(sys.argv[2]))' "$dir/json" "$3" 2>"$dir/json.err") == "$4" ]]
}
# end_client NAME: whatever its exit code is.
end_client() {
    kill_now "$1"
    unset "programs[$1]"
}

say "three servers find each other"
for name in "${members[@]}"; do
    write_member "$name" "  hold: 2s"
    start_member "$name"
done
all_linked

say "a client that is kicked at one server is out of all"
client_at a alice token
client_at b bob token
wait_for_services alice 1
wait_for_services bob 1
run_ok kick --for 10m bob --control "$dir/b.sock"
wait_for_text bob 'keeps this client out for another [0-9]*m'
end_client bob
client_at c bob token

wait_until $promptly "the refusal of bob at c" text_is_there bob 'out for another [0-9]*m[0-9]*s* *(kicked at the member b of its cluster)'
run_ok status --control "$dir/c.sock"
printed 'bob .* b *$'
json_is c status '[(k["name"], k["member"]) for k in j["kept_out"]]' "[('bob', 'b')]" || fail "kept_out of c"

say "a kick without a time ends the client's sessions at all servers, and it comes back"
client_to=${address[a]}:$control_port,${address[c]}:$control_port client_token=$dir/token start_client both \
    --tcp "0=127.0.0.1:9" --name both
wait_until $promptly "the client at a" json_is a status '[t["name"] for t in j["tunnels"] if t["name"] == "both"]' "['both']"
wait_until $promptly "the client at c" json_is c status '[t["name"] for t in j["tunnels"] if t["name"] == "both"]' "['both']"
run_ok kick both --control "$dir/a.sock"
wait_for_text c 'the operator of another member of the cluster closed a connection of a client .*client=both'
wait_until $promptly "the client at c again" json_is c status '[t["name"] for t in j["tunnels"] if t["name"] == "both"]' "['both']"
run_fails kick both --control "$dir/b.sock"
complained 'If it is connected to another server of the cluster, name that'
end_client both

say "a kick at a server ends the client's sessions at another one"
client_at c carol token
wait_for_services carol 1
run_fails kick --for 10m carol --control "$dir/a.sock" # it is not at a, and a does not know it
run_ok kick --for 10m carol --control "$dir/c.sock"
end_client carol
client_at b carol token
wait_until $promptly "the refusal of carol at b" text_is_there carol 'kicked at the member c'

say "a server that starts learns who is kept out"
kill_now c
start_member c
all_linked
wait_until $promptly "carol and bob at c" json_is c status 'sorted(k["name"] for k in j["kept_out"])' "['bob', 'carol']"

say "a kick that is ended at another server is ended at all"
run_ok kick --for 1s bob --control "$dir/a.sock"
run_ok kick --for 1s carol --control "$dir/a.sock"
wait_for_services bob 1
wait_for_services carol 1

say "a token that is removed at one server is refused by all"
client_at b guest other --attempts 1
wait_for_services guest 1
sed -i "s#, file:$dir/other##" "$dir/a.yml"
began=$(now_ms)
run_ok reload --control "$dir/a.sock"
wait_until $promptly "the end of guest at b" text_is_there guest 'revoked at the member a of the server.s cluster'
say "its session ended after $(($(now_ms) - began)) ms"
end_client guest
expected_codes[second]=3
client_at c second other --attempts 1
join second
unset "programs[second]"
has_text "$dir/second.out" 'revoked at the member a of the server.s cluster'
json_is b tokens '[t.get("revoked", {}).get("member") for t in j["tokens"]]' "[None, 'a']" || fail "tokens of b"
run_ok tokens --control "$dir/b.sock"
printed 'REVOKED at a'
check_alive # the clients of the other token

say "a server that starts learns it, though its file still has the token"
kill_now b
start_member b
all_linked
expected_codes[third]=3
wait_until $promptly "the revocation at b" json_is b tokens '[t.get("revoked", {}).get("member") for t in j["tokens"]]' "[None, 'a']"
client_at b third other --attempts 1
join third
unset "programs[third]"

say "a reload that adds it again lifts that everywhere"
write_member a "  hold: 2s"
run_ok reload --control "$dir/a.sock"
wait_until $promptly "the end of the revocation at b" json_is b tokens '[t.get("revoked") for t in j["tokens"]]' "[None, None]"
client_at b guest other
wait_for_services guest 1

say "at its start a server revokes nothing"
sed -i "s#, file:$dir/other##" "$dir/c.yml"
kill_now c
start_member c
all_linked
json_is b tokens '[t.get("revoked") for t in j["tokens"]]' "[None, None]" || fail "tokens of b"
check_alive

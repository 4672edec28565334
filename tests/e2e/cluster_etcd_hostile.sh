# Three servers whose etcd lies: whatever it says, no server ends, a name that a client has is served and is not given to
# another token, a new one is refused with the reason, and all is in order again with an etcd that does not lie. So are a
# wrong password, and a certificate that has expired, is another's, or is of an unknown authority.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
source "$(dirname "$0")/etcd_lib.sh"
need openssl python3 curl

address=([a]=127.0.0.2 [b]=127.0.0.3 [c]=127.0.0.4)
control_port=$(free_port) http=$(free_port) https=$(free_port) link=$(free_port)
prepare_cluster app.test
mkdir "$dir/site"
echo -n hello >"$dir/site/index.html"
(umask 077 && echo -n secret >"$dir/etcd.password")

lie() {
    echo "$1" >"$dir/lie.new"
    mv "$dir/lie.new" "$dir/lie"
}
has_lied() { [[ -s $dir/lies ]] && (($(<"$dir/lies") >= $1)); }
start_liar() {
    rm -f "$dir/etcd.port"
    start etcd python3 "$E2E_SOURCE/lying_etcd.py" "$dir" "$@"
    wait_until $patience "the port of etcd" test -s "$dir/etcd.port"
}
served_by() {
    [[ $(curl -sS -m 10 --noproxy '*' --resolve "$2:$http:${address[$1]}" "http://$2:$http/" 2>"$dir/curl.err") == "$3" ]]
}
# client_at SERVER NAME TOKEN HOST
client_at() {
    client_to=${address[$1]}:$control_port client_token=$dir/$3 start_client "$2" --name "$2" --retry-refused 300ms \
        --http "$4=files:$dir/site"
}
end_client() {
    unset "programs[$1]"
    kill_now "$1"
}
# a_new_host HOST: a client of it, which gets it.
a_new_host() {
    client_at b newcomer token "$1"
    wait_for_services newcomer 1
    end_client newcomer
}

say "an etcd that does not lie"
lie none
start_liar
cluster_more="etcd: \"http://127.0.0.1:$(<"$dir/etcd.port")\""
for name in "${members[@]}"; do
    write_member "$name" "  hold: 2s"
    start_member "$name"
done
all_linked
all_stores_are True
client_at a alice token app.test
wait_for_services alice 1
for name in "${members[@]}"; do wait_until $patience "an answer by $name" served_by "$name" app.test hello; done

say "one that grants everything: the name of a linked server's client is not given to another token"
lie granted
client_at b bob other app.test
wait_for_text bob 'The host app.test belongs to another token'
client_at c carol other carol.test # nobody has it, so this etcd may give it
wait_for_services carol 1
end_client bob
end_client carol

# refuses NAME: with this lie a new name is refused, and everybody is served.
count=0
refuses() {
    local client=new$((++count)) lies
    lie none
    wait_until $patience "the store of b" store_is b True # so that claims are sent
    lie "$1"
    lies=$(<"$dir/lies")
    [[ $1 != another_lease ]] || wait_until $patience "the store of b without a lease" store_is b False
    client_at b "$client" token "$client.test"
    wait_for_text "$client" "host $client.test, cannot be asked"
    wait_until $patience "lies" has_lied $((lies + 1))
    check_alive
    for name in "${members[@]}"; do served_by "$name" app.test hello || fail "$name does not serve while etcd says $1"; done
    end_client "$client"
}
lies_of_all=(of_others contradicting numbers texts null huge_numbers negative list empty another_lease
    not_json deep not_text compressed redirect moved no_leader forbidden strange_error wrong_user
    endless drops endless_head silent cut not_http)
for what in "${lies_of_all[@]}"; do
    say "it lies: $what"
    refuses "$what"
done
say "in order again"
lie none
all_stores_are True
wait_until $patience "alice's host" served_by c app.test hello
services_are alice 1 || fail "alice has lost her host"
a_new_host later.test

# degraded REASON LINE...: one more server's start with these settings of etcd.
degraded() {
    local reason=$1
    lie none
    cluster_more=$2
    write_member a "  hold: 2s"
    start_member a
    wait_until $patience "a reason like \"$reason\"" reason_is a "$reason"
    store_is a False || fail "the store of a is in order"
    client_at a dave token dave.test
    wait_for_text dave "cannot be asked"
    end_client dave
    unset "programs[a]"
    kill_now a
}
reason_is() { cluster_field "$1" 'c["store"].get("problem")' | grep -q -- "$2"; }
end_client alice
unset "programs[a]"
kill_now a
kill_now etcd

say "certificates: expired, of another host, of an unknown authority"
make_authority stranger
sign() { # NAME AUTHORITY ADDRESS OPTION...
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$dir/$1.key" \
        -out "$dir/$1.csr" 2>/dev/null
    openssl x509 -req -in "$dir/$1.csr" -CA "$dir/$2.pem" -CAkey "$dir/$2.key" -CAcreateserial \
        -extfile <(echo "subjectAltName=IP:$3") -out "$dir/$1.crt" "${@:4}" 2>/dev/null
}
sign expired ca 127.0.0.1 -days -1
sign other_host ca 192.0.2.1 -days 2
sign unknown stranger 127.0.0.1 -days 2
sign good ca 127.0.0.1 -days 2
over_tls() { echo "etcd: \"https://127.0.0.1:$(<"$dir/etcd.port")\", etcd_ca_file: $dir/ca.pem"; }
for case in "expired:expired" "other_host:mismatch" "unknown:authority\|issuer\|CA"; do
    start_liar "$dir/${case%%:*}.crt" "$dir/${case%%:*}.key"
    degraded "${case#*:}" "$(over_tls)"
    kill_now etcd
done

say "a wrong password, and then the right certificate"
start_liar "$dir/good.crt" "$dir/good.key"
lie wrong_user
degraded_user() { echo "$(over_tls), etcd_user: ferrotunnel, etcd_password_file: $dir/etcd.password"; }
cluster_more=$(degraded_user)
write_member a "  hold: 2s"
start_member a
wait_until $patience "the reason" reason_is a "authentication failed"
unset "programs[a]"
kill_now a
lie none
cluster_more=$(over_tls)
write_member a "  hold: 2s"
start_member a
wait_until $patience "the store of a" store_is a True
client_at a alice token app.test
wait_for_services alice 1

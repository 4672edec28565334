# Logins that must fail, with the messages that a user sees: a wrong token, somebody in between, a replayed login, TLS that
# meets plain, and peers that are something else. No output of any process holds the token.
source "$(dirname "$0")/lib.sh"
need openssl xxd

serve backend echo
other_token=$("$FERROTUNNEL" token)
(umask 077 && echo "$other_token" >"$dir/other_token")
server_name=tls_server tls=on start_server
tls_control=$control
server_name=plain_server tls=off start_server
plain_control=$control

# refused_client NAME CODE TEXT: started by now, it must end so and say so.
refused_client() {
    join "$1"
    equal "exit code of $1" "${exit_codes[$1]}" "$2"
    has_text "$dir/$1.out" "$3"
}
# relay NAME ARGUMENT...: its address is then in $between.
relay() {
    local name=$1
    shift
    start "$name" "$E2E_TOOLS/relay" "$dir/$name.port" "$@"
    wait_until $patience "the port of $name" test -s "$dir/$name.port"
    between=127.0.0.1:$(<"$dir/$name.port")
}
service=(--tcp "0=$backend")
not_accepted='The server does not accept the token\. Check that client and server use the same one; if they do, the connection may be intercepted\.'

for tls in on off; do
    say "a wrong token, tls $tls"
    control=$tls_control
    [[ $tls == on ]] || control=$plain_control
    client_token=$dir/other_token start_client wrong_token_$tls --attempts 1 "${service[@]}"
    refused_client wrong_token_$tls 3 "$not_accepted"
    has_text "$dir/wrong_token_$tls.out" "ended: the token was not accepted"
done
for name in tls plain; do
    wait_for_text "${name}_server" 'warn .*peer=127\.0\.0\.1:.*unauthorized'
done

say "somebody in between who relays the login, with a certificate of his own"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 2 \
    -keyout "$dir/false.key" -out "$dir/false.crt" 2>"$dir/openssl.err"
between_port=$(free_port) # where there is a server in its stead, later
relay relay "$tls_control" "listen-tls:$dir/false.crt,$dir/false.key" connect-tls "port:$between_port"
tls=on control=$between start_client relayed --attempts 1 "${service[@]}"
refused_client relayed 3 "$not_accepted"
wait_for_text relay '^connection=1 up=[0-9][0-9]' # he did relay the login

say "he stops no client that nobody looks at: it continues trying, and gets through when he has gone"
tls=on control=$between start_client patient --retry-refused 200ms "${service[@]}"
wait_for_text patient "$not_accepted"
wait_until $patience "three attempts" count_is patient "$not_accepted" 3
is_running patient || fail "the client has ended"
kill_now relay
server_bind=127.0.0.1:$between_port server_name=late_server tls=on start_server
wait_for_services patient 1
signal patient TERM
join_ok patient
relay relay_again "$tls_control" "listen-tls:$dir/false.crt,$dir/false.key" connect-tls

say "the same, while the client knows the server's key"
pin=$(sed -n 's/^  TLS pin *//p' "$dir/tls_server.out")
tls=on control=$between start_client pinned --tls-pin "$pin" --attempts 1 "${service[@]}"
refused_client pinned 4 "the server's key is not the pinned one"
tls=on control=$tls_control ready_client pinned_right 1 --tls-pin "$pin" "${service[@]}"
say "a server that TLS has verified is believed at once that the token is wrong"
tls=on control=$tls_control client_token=$dir/other_token start_client pinned_wrong --tls-pin "$pin" "${service[@]}"
refused_client pinned_wrong 3 "$not_accepted"

say "not where it has let the client in before: a server that is started with a wrong token file ends no client"
cp -p "$dir/token" "$dir/right_token"
server_with() {
    cp -p "$dir/$1" "$dir/token"
    server_bind=127.0.0.1:$restarted_port tls=on start_server
}
restarted_port=$(free_port)
server_with right_token
tls=on start_client fleet --tls-pin "$pin" "${service[@]}"
wait_for_services fleet 1
signal server TERM
join_ok server
server_with other_token
wait_until $patience "three attempts" count_is fleet "$not_accepted The server has accepted this client before, so the client keeps trying\." 3
is_running fleet || fail "the client has ended"
signal server TERM
join_ok server
server_with right_token
wait_for_services fleet 1
signal fleet TERM
join_ok fleet

say "somebody who poses as the server and does not know the token"
# hello and welcome of a server as docs/protocol.md shows them, each as a CONTROL frame.
false_server() {
    local hello=ac61746568656c6c6f6b76657273696f6e5f6d696e016b76657273696f6e5f6d617801686665617475726573
    hello+=0064726f6c6566736572766572656e6f6e63655820c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf
    hello+=68696e7374616e636550202122232425262728292a2b2c2d2e2f6565706f636800657472756e6b01667472756e6b7301
    hello+=666c696d697473a56c66697273745f77696e646f771a000100006b73747265616d735f6d6178194000696f70656e735f6d6178191000
    hello+=6b636f6e74726f6c5f6d61781940006c73657276696365735f6d6178190400656167656e7471
    hello+=666572726f74756e6e656c2f302e312e30
    local welcome=a761746777656c636f6d656570726f6f665820
    welcome+=d92aecb1f79f3903dbc05f7cf8cd82cbc418ac99e1fce9eb77d9edf6cd2d6aa8
    welcome+=6773657373696f6e6273316776657273696f6e01686665617475726573006770696e675f6d73193a9867646561645f6d7319afc8
    local payload
    for payload in $hello $welcome; do
        printf '%04x080000000000%s' $((${#payload} / 2)) "$payload"
    done | xxd -r -p >"$dir/false_server.bytes"
}
false_server
serve false_server take:8 "file:$dir/false_server.bytes" rest
no_proof='The server could not prove that it knows the token: either its token differs, or another machine impersonates it\. Compare the tokens of both sides; if they are equal, do not trust this network\.'
tls=off control=$backend start_client fooled_plain --attempts 1 "${service[@]}"
refused_client fooled_plain 3 "$no_proof"
relay false_tls_server "$backend" "listen-tls:$dir/false.crt,$dir/false.key"
tls=on control=$between start_client fooled_tls --attempts 1 "${service[@]}"
refused_client fooled_tls 3 "$no_proof"

say "a login that is recorded and replayed, tls off"
relay recorder "$plain_control" "record:$dir/login"
tls=off control=$between ready_client recorded 1 "${service[@]}"
wait_until $patience "the record" test -s "$dir/login1"
before=$(count_of plain_server 'warn .*unauthorized')
for round in 1 2; do
    line=$(visit "$plain_control" "file:$dir/login1" rest) || true
    [[ $(value ending "$line") =~ eof|reset ]] || fail "the server keeps the replayed login: $line"
    wait_until $patience "a warning about the replayed login" count_is plain_server 'warn .*unauthorized' $((before + round))
    if [[ $round == 1 ]]; then
        line=$(visit "$(public_of recorded)" exchange:64K finish rest) # it did not disturb the real one
        signal recorded TERM
        join_ok recorded # and again when that has gone
    fi
done

say "TLS meets plain, both ways"
tls=off control=$tls_control start_client plain_client --attempts 1 "${service[@]}"
refused_client plain_client 4 \
    'the server speaks TLS on this port, but this client was started with TLS off; use the same setting on both sides'
wait_for_text tls_server 'the peer does not speak TLS (a client with TLS off, or no FerroTunnel client at all)'
tls=on control=$plain_control start_client tls_client --attempts 1 "${service[@]}"
refused_client tls_client 4 'the server does not speak TLS on this port; check the address, or turn TLS off'
wait_for_text plain_server \
    'the client speaks TLS, but this server was started with TLS off; use the same setting on both sides'

say "clients at a port that is something else"
other_port=$(free_port)
start other_service openssl s_server -quiet -cert "$dir/false.crt" -key "$dir/false.key" -accept "127.0.0.1:$other_port"
wait_for_port "127.0.0.1:$other_port" other_service
tls=on control=127.0.0.1:$other_port start_client elsewhere --attempts 1 "${service[@]}"
refused_client elsewhere 4 'the server speaks TLS but is not a FerroTunnel server'

say "something else at the server's port"
printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >"$dir/request"
for control in "$tls_control" "$plain_control"; do
    line=$(visit "$control" "file:$dir/request" rest) || true
    [[ $(value ending "$line") =~ eof|reset ]] || fail "a browser was not sent away: $line"
done
openssl s_client -connect "$tls_control" </dev/null >"$dir/s_client.out" 2>&1 || true
wait_for_text tls_server 'speaks TLS but is not a FerroTunnel client'
openssl s_client -tls1_2 -alpn ferrotunnel/1 -connect "$tls_control" </dev/null >"$dir/s_client12.out" 2>&1 || true
wait_for_text tls_server 'does not speak TLS 1.3, and nothing older is accepted'

say "who tries tokens waits longer and longer, and only where a token can be guessed"
(umask 077 && echo "one that a person made up" >"$dir/weak_token")
server_name=weak_server tls=on start_server --token-file "$dir/weak_token"
guess() {
    (umask 077 && echo "guess number $1" >"$dir/guess")
    tls=on client_token=$dir/guess start_client "guess$1" --attempts 1 "${service[@]}"
    join "guess$1"
}
for number in {1..10}; do
    guess "$number"
    has_text "$dir/guess$number.out" "$not_accepted"
done
for number in {11..30}; do
    guess "$number"
    ! file_has "$dir/guess$number.out" "Too many wrong tokens came from this address" || break
done
has_text "$dir/guess$number.out" "Too many wrong tokens came from this address"
tls=on start_client strong --attempts 1 "${service[@]}" # is let in at once
wait_for_services strong 1
tls=on client_token=$dir/weak_token start_client made_up "${service[@]}" # has to wait, and comes in then
wait_for_services made_up 1

say "a certificate that a CA has signed"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=Test CA' -days 2 \
    -keyout "$dir/ca.key" -out "$dir/ca.crt" 2>"$dir/openssl.err"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "$dir/real.key" \
    -out "$dir/real.csr" 2>"$dir/openssl.err"
printf 'subjectAltName=DNS:localhost' >"$dir/extensions"
openssl x509 -req -in "$dir/real.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -days 2 \
    -extfile "$dir/extensions" -out "$dir/real.crt" 2>"$dir/openssl.err"
server_name=ca_server tls=on start_server --tls-cert "$dir/real.crt" --tls-key "$dir/real.key"
port=${control##*:}
tls=on
control=localhost:$port ready_client verified 1 --tls-ca "$dir/ca.crt" "${service[@]}"
start_client wrong_name --tls-ca "$dir/ca.crt" --attempts 1 "${service[@]}"
refused_client wrong_name 4 "the server's certificate cannot be verified"
say "a name in the subject alone is none"
openssl x509 -req -in "$dir/real.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -days 2 \
    -out "$dir/nameless.crt" 2>"$dir/openssl.err"
cp "$dir/real.key" "$dir/open.key"
chmod 644 "$dir/open.key"
server_name=nameless_server tls=on start_server --tls-cert "$dir/nameless.crt" --tls-key "$dir/open.key"
control=localhost:${control##*:} start_client nameless --tls-ca "$dir/ca.crt" --attempts 1 "${service[@]}"
refused_client nameless 4 "the server's certificate cannot be verified"
has_text "$dir/nameless.out" 'hostname mismatch; it has no host name or address in its subjectAltName, and only these are checked, not its common name (CN) "localhost": give'
say "a key that everybody can read is told"
wait_for_text nameless_server "private key is readable by every user of this machine  file=$dir/open.key"
equal "warnings about a key that only its owner can read" "$(count_of ca_server 'private key is readable')" 0
control=localhost:$port start_client wrong_ca --tls-ca "$dir/false.crt" --attempts 1 "${service[@]}"
refused_client wrong_ca 4 "the server's certificate cannot be verified"

say "no secret in any output, nor in the process list"
for name in "${!programs[@]}"; do
    [[ -n ${pids[$name]:-} ]] || continue
    ! tr '\0' ' ' <"/proc/${pids[$name]}/cmdline" | grep -q -F -e "${token:4:20}" -e "${other_token:4:20}" ||
        fail "the process list shows a token"
done
! grep -l -a -F -e "${other_token:4:20}" "$dir"/*.out "$dir"/*.err || fail "the other token is in an output"
equal "mode of the server's key" "$(stat -c %a "$dir/state/server-identity.pem")" 600
check_alive

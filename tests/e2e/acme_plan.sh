# What is ordered where when not all is well, through the real program: another way, the staging CA, another CA, a host
# that leads elsewhere, and the budget of a token. The CA is lying_ca.py, which validates by real requests.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/acme_lib.sh"
need curl openssl python3
serve_http backend

certificate_count() { find "$dir/state/acme/certificates" -name '*.pem' | wc -l; }
has_certificates() { (($(certificate_count) == $1)); }

start_lying

say "a way fails: the next one is used, with another order"
ca_is fail=http-01
orders_before=$(order_count)
start_acme server "names: [next.test]" "ways: [http-01, tls-alpn-01]"
wait_for_certificate next.test
wait_for_text lying '^validated http-01 next.test this way is shut'
wait_for_text lying '^validated tls-alpn-01 next.test ok'
wait_for_text server 'this way is shut'
equal "orders by both ways" "$(order_count)" $((orders_before + 2))
stop_acme server
ca_is

say "after a failed validation the staging CA is used until it succeeds"
first_ca=$directory
ca=staging start_lying
cat "$dir/lying/root.pem" >>"$dir/staging/root.pem"
staging=$directory
directory=$first_ca
orders=(lying '^newOrder ')
ca_is fail=http-01
orders_before=$(order_count)
start_acme server "names: [staged.test]" "ways: [http-01]" "staging: $staging"
wait_for_text server 'this way is shut'
at_most "orders of the CA" "$(order_count)" $((orders_before + 1))
ca=staging ca_is fail=http-01
acme_ok renew staged.test
wait_for_text staging '^validated http-01 staged.test this way is shut'
wait_for_text server 'failures=2'
ca=staging ca_is
ca_is
acme_ok renew staged.test
wait_for_certificate staged.test
wait_for_text staging '^issued .* staged.test'
at_most "orders of the CA" "$(order_count)" $((orders_before + 2))
stop_acme server

say "several CAs: the second one issues while the first one is down"
ca=staging ca_is unavailable
directory="[$staging, $first_ca]"
start_acme server "names: [second.test]" "ways: [http-01]"
wait_for_certificate second.test
wait_for_text lying '^issued .* second.test'
stop_acme server

kill_now staging
directory=$first_ca
names_at=$(<"$dir/lying/dns")
rm -rf "$dir/state/acme"

say "a CA whose certificate is not trusted is named as the CA, with the setting"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=other \
    -keyout "$dir/other.key" -out "$dir/other.pem" 2>/dev/null
ca_file=$dir/other.pem start_acme server "names: [untrusted.test]"
wait_for_text server "$directory: the CA's certificate cannot be verified: .*acme\.ca_file.*--acme-ca"
stop_acme server

say "a host whose address is this machine's, where another program listens, is not ordered; the log has the remedy"
echo "away.test 127.0.0.3" >"$dir/lying/addresses"
start elsewhere python3 -m http.server "$web" --bind 127.0.0.3 --directory "$dir/lying/txt"
wait_for_port "127.0.0.3:$web" elsewhere
orders_before=$(order_count)
start_acme server "ways: [http-01]"
ready_client client 1 --http "away.test=$backend"
wait_for_text server "another program of this machine listens on port $web.*127\.0\.0\.3.*ss -ltnp"
equal "orders" "$(order_count)" "$orders_before"
kill_now client
unset "programs[client]"
stop_acme server
kill_now elsewhere

say "a DNS server that answers SERVFAIL is reported with its answer"
echo "broken.test SERVFAIL" >"$dir/lying/addresses"
ca_is fail=http-01
start_acme server "names: [broken.test]" "ways: [http-01]"
wait_for_text server "could not look the name up, either: the DNS server at $names_at answers SERVFAIL"
acme renew --wait broken.test
equal "the code of an order that fails" "$code" 1
printed "broken.test: .*SERVFAIL"
say "the certificate after a warning is reported at the level of the warning"
ca_is
rm "$dir/lying/addresses"
acme_ok renew --wait broken.test
printed "broken.test: has a certificate of "
wait_for_text server 'warn  *certificate issued .*name=broken.test'
stop_acme server
orders_before=$(order_count)

say "a first start without the TXT record of the optional wildcard has no warning"
server_lines="domain: tunnel.test" start_acme server
wait_for_text server 'info  *there is no wildcard certificate, which is optional'
wait_for_certificate tunnel.test
acme_ok status
printed '[*].tunnel.test  *optional'
printed '[*].tunnel.test: the TXT record .* is missing; `ferrotunnel acme record tunnel.test` prints'
! grep -q 'warn .*name=[*].tunnel.test' "$dir/server.err" || fail "a warning: $(<"$dir/server.err")"
stop_acme server
orders_before=$(order_count)

say "the hosts of one token get no more orders than its budget, however often they are registered"
certificates_before=$(certificate_count)
start_acme server "ways: [http-01]" "orders_per_token: 3"
for round in 1 2; do
    ready_client client 6 --http "h1.test=$backend" --http "h2.test=$backend" --http "h3.test=$backend" \
        --http "h4.test=$backend" --http "h5.test=$backend" --http "h6.test=$backend"
    wait_until $patience "three orders" has_orders $((orders_before + 3))
    wait_until $patience "three certificates" has_certificates $((certificates_before + 3))
    kill_now client
    unset "programs[client]"
done
stop_acme server
start_acme server "ways: [http-01]" "orders_per_token: 3"
ready_client client 1 --http "h7.test=$backend"
wait_for_text server 'an order has to wait .*name=h7\.test'
equal "orders after a restart" "$(order_count)" $((orders_before + 3))
kill_now client
unset "programs[client]"
stop_acme server
rm -rf "$dir/state/acme"

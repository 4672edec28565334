# The store of certificates: a server that is killed in the middle of an order continues it, two servers with one folder
# place one order, a CA that has forgotten the account, names that nobody registered, modes of files, and renewal at the
# moment that the CA suggests, under steady requests.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/acme_lib.sh"
need curl openssl python3
serve_http backend
start_lying

say "killed while the CA validates: the same order is continued"
ca_is hold
start_acme server "names: [killed.test]" "ways: [http-01]"
wait_for_text lying '^request POST /challenge/.* 200'
kill_now server
polls=$(count_of lying '^request POST /authorization/')
start_acme server "names: [killed.test]" "ways: [http-01]"
wait_for_text server 'an order is continued'
wait_until $patience "its answer" count_is lying '^request POST /authorization/' $((polls + 2))
ca_is # it validates now
wait_for_certificate killed.test
equal "orders" "$(order_count)" 1
stop_acme server

say "killed while the CA makes the certificate: the same key and order are continued"
ca_is processing
start_acme server "names: [finalized.test]" "ways: [http-01]"
wait_for_text lying '^issued .* finalized.test'
kill_now server
left=$(ls "$dir/state/acme/challenges") # removed by a later start
ca_is
start_acme server "names: [finalized.test]" "ways: [http-01]"
wait_for_certificate finalized.test
equal "orders" "$(order_count)" 2

say "files and folders are the owner's"
! find "$dir/state/acme" -type f ! -perm 600 | grep . || fail "files that others may read"
! find "$dir/state/acme" -type d ! -perm 700 | grep . || fail "folders that others may read"
! find "$dir/state/acme/orders" -type f | grep . || fail "an order is left"
equal "answers to challenges that are left" "$(ls "$dir/state/acme/challenges")" "$left"
stop_acme server

say "two servers with one folder: one account, one order, and both serve the certificate"
kill_now lying
rm -rf "$dir/state/acme"
start_lying
first_web=$web first_secure=$secure
asked_web=$web asked_secure=$secure
start_acme server "names: [two.test]" "ways: [http-01]"
web=$(free_port) secure=$(free_port)
start_acme other "names: [two.test]" "ways: [http-01]"
wait_for_certificate two.test # at the second one
secure=$first_secure wait_for_certificate two.test
equal "orders" "$(order_count)" 1
equal "accounts" "$(count_of lying '^newAccount ')" 1
[[ $(shown two.test) == "$(secure=$first_secure shown two.test)" ]] || fail "they serve different certificates"
stop_acme other
web=$first_web secure=$first_secure
unset asked_web asked_secure

say "$(by_size 300 10000) names that nobody registered order nothing, nor do requests for challenges"
python3 - "$secure" "$web" "$(by_size 300 10000)" <<'END_OF_PYTHON'
import concurrent.futures, http.client, socket, ssl, sys
secure, web, count = (int(text) for text in sys.argv[1:])
def ask(number):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if number % 2:
        context.set_alpn_protocols(["acme-tls/1"])
    try:
        with socket.create_connection(("127.0.0.1", secure), 60) as plain:
            context.wrap_socket(plain, server_hostname="h%d.unknown.test" % number).close()
    except (OSError, ssl.SSLError):
        pass
    if number % 10 == 0:
        visitor = http.client.HTTPConnection("127.0.0.1", web, timeout=60)
        visitor.request("GET", "/.well-known/acme-challenge/token%d" % number, headers={"Host": "h%d.unknown.test" % number})
        assert visitor.getresponse().status in (404, 421), number
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    list(pool.map(ask, range(count)))
END_OF_PYTHON
is_trusted two.test || fail "the server's certificate is gone"
equal "orders" "$(order_count)" 1
equal "certificates" "$(find "$dir/state/acme/certificates" -name '*.pem' | wc -l)" 1
stop_acme server

say "a CA that has forgotten the account: it is registered again, and the old certificate serves meanwhile"
port=${directory#https://127.0.0.1:}
old_root=$dir/old_root.pem
cp "$roots" "$old_root"
kill_now lying
start_lying "${port%%/*}"
start_acme server "names: [two.test]" "ways: [http-01]"
roots=$old_root is_trusted two.test || fail "the old certificate does not serve"
acme_ok renew two.test
wait_for_certificate two.test # of the CA's new root
equal "accounts" "$(count_of lying '^newAccount ')" 1
stop_acme server

say "an account's file that cannot be read is not replaced"
account=$(echo "$dir"/state/acme/accounts/*.json)
cp "$account" "$dir/account"
echo '{"damaged' >"$account"
orders_before=$(order_count)
start_acme server "names: [two.test, three.test]" "ways: [http-01]"
wait_for_text server "${account##*/}"
equal "the file" "$(<"$account")" '{"damaged'
equal "orders" "$(order_count)" "$orders_before"
is_trusted two.test || fail "the certificate does not serve"
stop_acme server
cp "$dir/account" "$account"

seconds=$(by_size 20 120)
say "a certificate of $seconds s is renewed when the CA suggests it, and no request fails"
start_at=$((seconds * 5 / 10)) end_at=$((seconds * 6 / 10))
ca_is "lifetime=$seconds" "window=$start_at,$end_at"
start_acme server "ways: [http-01]"
ready_client client 1 --http "short.test=$backend"
wait_for_certificate short.test
start_visitors short.test
begin_of() { openssl x509 -noout -startdate -in "$(certificate_of short.test)" | cut -d = -f 2; }
is_short() { (($(count_of lying '^issued .* short.test') >= $1)); }
is_another() { [[ $(begin_of) != "$1" ]]; }
for number in 2 3; do
    issued=$(begin_of)
    wait_until $((seconds + patience)) "a renewal" is_short "$number"
    age=$(($(date +%s) - $(date -d "$issued" +%s)))
    at_least "seconds from the issue to the renewal" $age $((start_at - 1)) # both are whole seconds
    at_most "seconds from the issue to the renewal" $age $((end_at + $(by_size 6 20)))
    wait_until $patience "its file" is_another "$issued"
done
touch "$dir/enough"
join_ok visitors
at_least "requests" "$(count_of visitors answered)" 50
at_least "orders that named what they replace" "$(count_of lying '^replaces ')" 1

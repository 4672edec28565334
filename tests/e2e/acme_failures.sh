# A CA that is down, slow, limits, or lies: the server survives, keeps the certificate that it has, logs the reason, and
# places few orders. Each lie is told to `acme renew` of a name with a good certificate.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/acme_lib.sh"
need curl openssl python3

start_lying
start_acme server "names: [old.test]" "ways: [http-01]"
wait_for_certificate old.test
serial=$(shown old.test)
file=$(sha256sum <"$(certificate_of old.test)")

# new_text PATTERN COUNT: whether the server's log has more lines of this pattern.
lines_of() { cat "$dir/server.out" "$dir/server.err" | grep -c -a -i -E -- "$1" || true; }
new_text() { (($(lines_of "$1") > $2)); }
# unchanged WHAT: the certificate is still there, in the store and for visitors.
unchanged() {
    is_trusted old.test || fail "after $1 the certificate is not trusted"
    equal "the certificate after $1" "$(shown old.test)" "$serial"
    equal "its file after $1" "$(sha256sum <"$(certificate_of old.test)")" "$file"
}

# lie WORD REASON ORDERS: the reason is an extended pattern of the log.
lie() {
    local lines orders_before
    say "$1"
    orders_before=$(order_count)
    lines=$(lines_of "$2")
    ca_is "$1"
    acme_ok renew old.test
    wait_until $((2 * patience)) "the reason of $1 in the log: $2" new_text "$2" "$lines"
    unchanged "$1"
    at_most "orders after $1" "$(order_count)" $((orders_before + $3))
    # What the CA says is for a terminal too.
    ! grep -q -a "$(printf '\033')" "$dir/server.err" || fail "the log has a terminal's sequence after $1"
    acme_ok status
    printed old.test
    ! grep -q -a "$(printf '\033')" "$dir/run.out" || fail "\`acme\` has a terminal's sequence after $1"
}

lie unavailable '503|closed for today' 0
lie limited=60 'too many orders' 2
lie limited=3153600000 'too many orders' 2
lie limited=-5 'too many orders' 2
lie redirect '302|redirect' 2
lie bad_nonces 'nonce' 0
lie long_nonce 'nonce|header|head|too long|longer' 0
lie http_urls 'not an https URL' 0
lie not_json 'JSON' 2
lie bad_token 'token' 2
lie fail=http-01 'this way is shut' 2
lie wrong_names 'which was (not )?ordered' 2
lie wrong_key 'another key' 2
lie leaf_only 'no issuer' 2
lie wrong_issuer 'not signed' 2
lie expired 'has expired' 2
lie huge 'longer than' 2
lie skewed_date 'clock' 2
lie silent 'timed out|no response|not respond|within|too slow|30 ?s|longer than' 0
lie drip 'timed out|no response|not respond|within|too slow|30 ?s|longer than' 0

say "after a Retry-After of years the next attempt is within a day and a bit"
lines=$(lines_of 'too many orders')
ca_is limited=3153600000
acme_ok renew old.test
wait_until $patience "the reason in the log" new_text 'too many orders' "$lines"
acme_ok status --json
python3 - "$dir/run.out" <<'END_OF_PYTHON'
import json, sys, time
def times(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "next" and isinstance(inner, (int, float)):
                yield inner
            yield from times(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from times(inner)
found = list(times(json.load(open(sys.argv[1]))))
assert found and all(one < time.time() + 27 * 3600 for one in found), found
END_OF_PYTHON
unchanged "a Retry-After of years"

say "an order that never gets ready is asked for politely, and does not keep the server from its end"
is_finalized() { (($(count_of lying '^request POST /finalize/.* 200') > $1)); }
finalized=$(count_of lying '^request POST /finalize/.* 200')
ca_is processing
acme_ok renew old.test
wait_until $patience "the request to finalize" is_finalized "$finalized"
asked=$(count_of lying '^request POST /order/')
sleep 5 # of these 5 s the number of requests is asserted
at_most "requests in 5 s" "$(count_of lying '^request POST /order/')" $((asked + 8))
unchanged "an order that never gets ready"
orders_before=$(order_count)
stop_acme server
ca_is
start_acme server "names: [old.test]" "ways: [http-01]"
wait_until $patience "the certificate of that order" is_not_shown old.test "$serial"
equal "orders after a restart" "$(order_count)" "$orders_before"
serial=$(shown old.test)
file=$(sha256sum <"$(certificate_of old.test)")

say "\`replaces\` is refused: the order is placed again without it"
ca_is no_replaces
acme_ok renew old.test
wait_until $patience "another certificate" is_not_shown old.test "$serial"
equal "orders" "$(order_count)" $((orders_before + 2))
serial=$(shown old.test)

say "a CA that always suggests to renew at once does not get an order after the other"
orders_before=$(order_count)
ca_is past_window ask=1
acme_ok renew old.test
wait_until $patience "another certificate" is_not_shown old.test "$serial"
sleep 5 # of these 5 s the number of orders is asserted
at_most "orders" "$(order_count)" $((orders_before + 2))
serial=$(shown old.test)
file=$(sha256sum <"$(certificate_of old.test)")

say "a CA that is gone"
kill_now lying
lines=$(lines_of 'refused|connect')
acme_ok renew old.test
wait_until $patience "the reason in the log" new_text 'refused|connect' "$lines"
unchanged "the end of the CA"

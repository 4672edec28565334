# Certificates from pebble, Let's Encrypt's CA for tests: the same as in acme.sh, and a certificate of at most two minutes
# that is renewed when the CA suggests it, while visitors keep coming.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/acme_lib.sh"
source "$(dirname "$0")/acme_cases.sh"
need curl openssl pebble pebble-challtestsrv
serve_http backend

brief=$(by_size 90 120) # the renewal may begin when a tenth is left, and takes seconds on a loaded machine
start_pebble
by_way http-01
by_way tls-alpn-01
if ca_has profiles; then
    by_address http-01
    by_address tls-alpn-01
    wrong_profile
else
    say "without profiles: this pebble has none"
fi
if grep -q -a dns-persist-01 "$(command -v pebble)"; then
    by_persistent_record
else
    say "without dns-persist-01: this pebble does not have it"
fi
by_command
change_of_keys
addresses_in_order

if ca_has renewalInfo && ca_has brief; then
    say "a certificate of $brief s is renewed, and no request fails"
    start_acme server "ways: [tls-alpn-01]" "profile: brief"
    ready_client client 1 --http "brief.test=$backend"
    wait_for_certificate brief.test
    start_visitors brief.test
    for _ in $(by_size 1 "1 2 3"); do
        before=$(shown brief.test)
        wait_until $((brief + patience)) "a renewal" is_not_shown brief.test "$before"
    done
    touch "$dir/enough"
    join_ok visitors
    at_least "requests" "$(count_of visitors answered)" 50
    kill_now client
    unset "programs[client]"
    stop_acme server
    at_least "orders that named what they replace" "$(count_of pebble 'is a replacement of')" 1
else
    say "without renewal windows: this pebble has none"
fi

mac_key=$(printf 'a key of an external account....' | base64 | tr '+/' '-_' | tr -d '=')
start_pebble '"externalAccountBindingRequired": true' "\"externalAccountMACKeys\": {\"kid-1\": \"$mac_key\"}"
rm -rf "$dir/state/acme"
external_account "$mac_key"

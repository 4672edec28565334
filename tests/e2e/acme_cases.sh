# Each way to a certificate through the real program, for any CA: a function for each, for acme.sh and acme_pebble.sh.
#
# shellcheck shell=bash

# by_way WAY: for a name that a client registers.
by_way() {
    local host=${1%-01}.test orders_before
    say "$1, for a host that a client registers"
    orders_before=$(order_count)
    start_acme server "ways: [$1]"
    ready_client client 1 --http "$host=$backend"
    wait_for_certificate "$host"
    equal "what a visitor gets" "$(fetch "$host")" "n $host:$secure 1"
    wait_until $patience "the https URL" file_has "$dir/client.endpoints" "https://$host"
    equal "orders" "$(order_count)" $((orders_before + 1))
    kill_now client
    unset "programs[client]"
    stop_acme server
    say "and after a restart it is there at once, without an order"
    start_acme server "ways: [$1]"
    is_trusted "$host" || fail "no certificate after a restart"
    equal "orders" "$(order_count)" $((orders_before + 1))
    stop_acme server
    rm -rf "$dir/state/acme"
}

# by_address WAY
by_address() {
    say "$1, for an IP address"
    start_acme server "ways: [$1]" "names: [127.0.0.1]" "profile: shortlived"
    wait_for_certificate 127.0.0.1
    openssl x509 -noout -subject -ext subjectAltName -in "$(certificate_of 127.0.0.1)" >"$dir/names"
    has_text "$dir/names" "IP Address:127.0.0.1"
    stop_acme server
    rm -rf "$dir/state/acme"
}

# wildcard_is_used: a client's host below the domain, without an order of its own.
wildcard_is_used() {
    local host=$1.tunnel.test
    wait_for_certificate tunnel.test # without it the host would get one of its own
    ready_client client 1 --http "$host=$backend"
    wait_for_certificate "$host"
    equal "what a visitor gets" "$(fetch "$host")" "n $host:$secure 1"
    openssl x509 -noout -ext subjectAltName -in "$(certificate_of _wildcard.tunnel.test)" >"$dir/names"
    has_text "$dir/names" 'DNS:\*.tunnel.test'
    [[ ! -e $(certificate_of "$host") ]] || fail "$host has a certificate of its own"
    kill_now client
    unset "programs[client]"
}

by_persistent_record() {
    say "dns-persist-01, for the domain and its wildcard, by the record that \`acme record\` prints"
    local orders_before record
    orders_before=$(order_count)
    server_lines="domain: tunnel.test" start_acme server "ways: [dns-persist-01]"
    acme record
    equal "the code without the record" "$code" 1
    printed "_validation-persist.tunnel.test"
    record=$(grep -o '"[^"]*accounturi=[^"]*"' "$dir/run.out" | head -n 1 | tr -d '"')
    [[ $record == *"policy=wildcard"* ]] || fail "a record without its policy: $(<"$dir/run.out")"
    equal "orders without the record" "$(order_count)" "$orders_before"
    say "another value is shown, and a host of one's own choice has a record for itself"
    set_record _validation-persist.tunnel.test "of.another.server"
    acme record
    equal "the code with another value" "$code" 1
    printed 'MISSING in DNS, which has "of.another.server": add this one'
    acme record alone.test
    equal "the code of a host's record" "$code" 1
    printed "_validation-persist.alone.test"
    ! grep -q "policy=wildcard\|tunnel.test" "$dir/run.out" || fail "not only the host's: $(<"$dir/run.out")"
    set_record _validation-persist.tunnel.test "$record"
    acme_ok record
    acme_ok renew --wait tunnel.test
    printed '[*].tunnel.test: has a certificate of '
    wildcard_is_used persist
    equal "orders" "$(order_count)" $((orders_before + 1))
    stop_acme server
    rm -rf "$dir/state/acme"
}

by_command() {
    say "dns-01, for the domain and its wildcard, by a command"
    write_dns_command
    server_lines="domain: tunnel.test" start_acme server "ways: [dns-01]" "dns_command: [$dir/dns_command]"
    wildcard_is_used command
    equal "records that were added" "$(grep -c '^add _acme-challenge.tunnel.test ' "$dir/dns_command.calls")" 2
    wait_until $patience "their removal" has_lines 2 '^remove _acme-challenge.tunnel.test ' "$dir/dns_command.calls"
    stop_acme server
    say "a command that fails is reported with its output"
    printf '#!/bin/sh\necho "no such zone" >&2\nexit 3\n' >"$dir/dns_command"
    rm -rf "$dir/state/acme"
    server_lines="domain: tunnel.test" start_acme server "ways: [dns-01]" "dns_command: [$dir/dns_command]"
    wait_for_text server 'no such zone'
    stop_acme server
    rm -rf "$dir/state/acme"
}
has_lines() { (($(grep -c -- "$2" "$3") >= $1)); }

# wrong_profile REASON: as the CA words it.
wrong_profile() {
    say "a profile that the CA does not have"
    start_acme server "names: [profile.test]" "profile: unheard"
    wait_for_text server unheard
    acme_ok status
    printed unheard
    [[ ! -e $(certificate_of profile.test) ]] || fail "a certificate in spite of the profile"
    stop_acme server
    rm -rf "$dir/state/acme"
}

external_account() {
    say "an external account: none, and the right one"
    start_acme server "names: [external.test]"
    wait_for_text server '[Ee]xternal'
    stop_acme server
    start_acme server "names: [external.test]" "external_account: {id: kid-1, hmac_key: $1}"
    acme_ok renew
    wait_for_certificate external.test
    if grep -r -l -F -e "$1" "$dir"/*.out "$dir"/*.err; then
        fail "the key of the external account is in an output"
    fi
    stop_acme server
    rm -rf "$dir/state/acme"
}

change_of_keys() {
    say "the account's key is replaced, and the new one orders"
    local before
    start_acme server "names: [keys.test]"
    wait_for_certificate keys.test
    before=$(sha256sum "$dir"/state/acme/accounts/*)
    acme_ok change-key
    [[ $(sha256sum "$dir"/state/acme/accounts/*) != "$before" ]] || fail "the account's file has not changed"
    before=$(shown keys.test)
    acme_ok renew keys.test
    wait_until $patience "another certificate" is_not_shown keys.test "$before"
    stop_acme server
    start_acme server "names: [keys.test]"
    before=$(shown keys.test)
    acme_ok renew keys.test
    wait_until $patience "another certificate after a restart" is_not_shown keys.test "$before"
    stop_acme server
    rm -rf "$dir/state/acme"
}

addresses_in_order() {
    say "\`ferrotunnel http\` prints the http URL at once, and the https URL later"
    start_acme server "ways: [http-01]"
    programs[shown]=1
    start shown "$FERROTUNNEL" http "${backend##*:}" --host notice.test --server "$control" --token-file "$dir/token" \
        --tls $tls
    wait_for_text shown "http://notice.test"
    wait_for_text shown "https://notice.test"
    cat "$dir/shown.out" "$dir/shown.err" | grep -o 'https\?://notice.test' | awk '!seen[$0]++' | paste -sd ' ' >"$dir/urls"
    equal "the URLs in order" "$(<"$dir/urls")" "http://notice.test https://notice.test"
    kill_now shown
    unset "programs[shown]"
    stop_acme server
    rm -rf "$dir/state/acme"
}

# Certificates from a CA (ACME) through the real program: each way by name, address and wildcard, an external account,
# profiles, the change of the account's key, and what is shown. The CA is lying_ca.py, which validates by real requests.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/acme_lib.sh"
source "$(dirname "$0")/acme_cases.sh"
need curl openssl python3
serve_http backend

start_lying
by_way http-01
by_way tls-alpn-01
by_address http-01
by_address tls-alpn-01
by_persistent_record
by_command
wrong_profile
change_of_keys
addresses_in_order

kill_now lying
start_lying
ca_is eab
external_account "$(cd "$E2E_SOURCE" && python3 -c 'import lying_ca_orders; print(lying_ca_orders.MAC_KEY)')"

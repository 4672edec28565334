# What visitors notice when servers of a cluster fail: three servers, each in a network namespace. Visitors of every kind
# come all the time, each preferring a server, while servers are killed, stopped, cut off from each other, replaced and
# restarted, beside 1,000 clients (E2E_CROWD: another number, in the full size). Only those fail who were on their way at
# a server that has failed; the others notice nothing; and after each event all are served again, and all clients are
# back, within 30 s.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
source "$(dirname "$0")/cluster_faults_lib.sh"

make_network
prepare_servers
start_servers
start_load

kill_member a # after which b and c have all clients
part b c
if full; then
    kill_member b
    kill_member c
    stop_member b
    stop_member c
fi
replace_member b
if full; then
    replace_member a
fi
restart_member c
judge_visitors

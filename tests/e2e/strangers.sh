# 200 peers on the control port that are silent, send garbage or stop in the middle of a login do not delay clients, with
# TLS and without, from other addresses and from their own.
source "$(dirname "$0")/lib.sh"

seconds=$(by_size 4 30)
ulimit -n "$(ulimit -H -n)"
# ready NAME: a client, with all the time that its server gives it. It gets in with its first attempt.
ready() {
    local began
    began=$(now_ms)
    ready_client "$1" 1 --tcp "0=$backend" --handshake-timeout 60
    say "$1 was ready after $(($(now_ms) - began)) ms"
    equal "attempts of $1 that failed" "$(count_of "$1" 'could not connect')" 0
}
serve backend echo
for tls in on off; do
    server_name=server_$tls
    # In so long a client logs in, also where a process stands still for some seconds.
    start_server --handshake-timeout 10
    descriptors=$(descriptors_of $server_name)

    # Four addresses: 50 each, below the cap of 64 per address.
    say "tls $tls: 200 strangers from four addresses"
    start strangers "$E2E_TOOLS/strangers" "$control" 200 4
    wait_for_text strangers ready
    began=$(now_ms)
    ready client_$tls
    public=$(public_of client_$tls)
    until_time() { (($(now_ms) >= $1)); }
    rounds=0
    until until_time $((began + seconds * 1000)); do
        line=$(visit "$public" exchange:1M finish rest)
        equal bytes "$(value received "$line")" $((1 << 20))
        rounds=$((rounds + 1))
        check_alive
    done
    say "$rounds rounds of 1 MiB meanwhile"
    # All but the newest are ended by the deadline.
    wait_for_text strangers ended
    signal strangers TERM
    join_ok strangers
    line=$(tail -1 "$dir/strangers.out")
    say "$line"
    equal "strangers that could not connect" "$(value refused "$line")" 0
    at_least "strangers that were ended" "$(value closed "$line")" 150

    # 200 from one address: the cap of 64 keeps the rest out at once, and a client from elsewhere does not notice.
    say "tls $tls: 200 strangers from one address"
    start strangers "$E2E_TOOLS/strangers" "$control" 200 1
    wait_for_text strangers ready
    ready late_client_$tls
    line=$(visit "$(public_of late_client_$tls)" exchange:1M finish rest)
    signal strangers TERM
    join_ok strangers
    say "$(tail -1 "$dir/strangers.out")"

    # Nor do those from the client's own address, more than it may have: the oldest of them give way.
    say "tls $tls: 70 silent strangers from the client's own address"
    start strangers "$E2E_TOOLS/strangers" "$control" 70 0 600 silent
    wait_for_text strangers ready
    ready neighbour_$tls
    line=$(visit "$(public_of neighbour_$tls)" exchange:1M finish rest)
    signal strangers TERM
    join_ok strangers
    say "$(tail -1 "$dir/strangers.out")"

    # More than there are places, from forty addresses: the oldest of them give way, and the log says so.
    if (($(ulimit -n) >= 4096)); then
        say "tls $tls: 2,400 strangers from forty addresses"
        start strangers "$E2E_TOOLS/strangers" "$control" 2400 40
        wait_for_text strangers ready
        ready squeezed_$tls
        line=$(visit "$(public_of squeezed_$tls)" exchange:1M finish rest)
        equal bytes "$(value received "$line")" $((1 << 20))
        wait_for_text $server_name 'limit of connections before login is reached.* most=127\.0\..*/24 connections=2..'
        signal strangers TERM
        join_ok strangers
        say "$(tail -1 "$dir/strangers.out")"
        signal squeezed_$tls TERM
        join_ok squeezed_$tls
    fi

    # What stays: three clients with two trunks, a port and its reserve each, and the lock of the file of claims, which
    # the server takes when it first writes there.
    gone() { (($(descriptors_of $server_name) <= descriptors + 3 * 4 + 1)); }
    wait_until $patience "the descriptors of the strangers" gone
done
check_alive

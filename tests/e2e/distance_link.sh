# Two network namespaces with nothing but an emulated link between them, for tests and benchmarks. Whoever sources this
# names the link emulator in $link_emulator, and calls link_remove at the end.
#
#   near namespace                 link_emulator                  far namespace
#   visitors, server  10.78.1.1 ---- delay, rate, loss ---- 10.78.1.2  client, backend
#
# shellcheck shell=bash
near_address=10.78.1.1 far_address=10.78.1.2
near_ns= far_ns= link_pid= link_problem=

# False where there are no rights or no devices for it; $link_problem says why.
link_namespaces() {
    link_problem=
    if ((EUID != 0)); then
        link_problem="network namespaces need root"
    elif [[ ! -w /dev/net/tun ]]; then
        link_problem="there is no /dev/net/tun"
    elif ! command -v ip >/dev/null || ! command -v sysctl >/dev/null; then
        link_problem="there is no ip or no sysctl"
    fi
    [[ -z $link_problem ]] || return 1
    # Names that no other run has.
    near_ns=ft$BASHPID-near far_ns=ft$BASHPID-far
    local name
    for name in "$near_ns" "$far_ns"; do
        if ! link_problem=$(ip netns add "$name" 2>&1); then
            link_problem="no network namespaces here: $link_problem"
            return 1
        fi
        ip -n "$name" link set lo up
        # What 1 Gbit/s over 100 ms needs in flight is beyond the usual ceiling; and no connection is to start with what
        # the kernel remembers of the one before.
        ip netns exec "$name" sysctl -q -w net.ipv4.tcp_wmem="4096 131072 67108864" \
            net.ipv4.tcp_rmem="4096 131072 67108864" net.ipv4.tcp_no_metrics_save=1
    done
}

# link_start FILE CONGESTION OPTION...: the emulator's options; its output goes to the file. CONGESTION may be empty.
link_start() {
    local file=$1 congestion=$2 i
    shift 2
    rm -f "$file"
    "$link_emulator" --left "$near_ns=$near_address" --right "$far_ns=$far_address" "$@" >"$file" 2>"$file.err" </dev/null &
    link_pid=$!
    for ((i = 0; i < 600; ++i)); do
        if grep -q -s ready "$file"; then
            [[ -z $congestion ]] || link_congestion "$congestion" || return 1
            return 0
        fi
        kill -0 "$link_pid" 2>/dev/null || break
        sleep 0.05
    done
    link_problem="the link emulator does not start: $(<"$file.err")"
    return 1
}

# By route, because a namespace may not choose every algorithm as its default.
link_congestion() {
    ip -n "$near_ns" route replace $far_address dev link0 src $near_address congctl "$1" &&
        ip -n "$far_ns" route replace $near_address dev link0 src $far_address congctl "$1"
}

link_stop() {
    if [[ -n $link_pid ]]; then
        kill "$link_pid" 2>/dev/null || true
        wait "$link_pid" 2>/dev/null || true
    fi
    link_pid=
}

# By how many milliseconds the emulator's latest packet was late, once it has stopped: how long the machine stood still.
link_lateness() { sed -n 's/.*late_ms_max=\([0-9]*\).*/\1/p' "$1" | sort -n | tail -1; }

link_remove() {
    link_stop
    ip netns del "$near_ns" 2>/dev/null || true
    ip netns del "$far_ns" 2>/dev/null || true
}

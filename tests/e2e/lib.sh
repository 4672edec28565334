# What every end-to-end test sources: a directory of its own, processes that end with the test, waiting for conditions,
# and assertions that say what they saw. The test's environment (see CMakeLists.txt):
#   FERROTUNNEL   the program under test      E2E_TOOLS   the folder of the tools in tools/
#   E2E_FULL      1: full sizes               E2E_SOURCE  this folder
#   E2E_PLUGINS   the plugins of this build   E2E_SANITIZED 1: the program has a sanitizer in it
#   E2E_KEEP      1: keep the test's directory, to look at its logs
#
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
# Options are also variables: those of whoever runs the tests must not get in, and these can be overridden by options.
unset "${!FERROTUNNEL_@}"
export FERROTUNNEL_LOG_LEVEL=info
export FERROTUNNEL_HTTP_BIND=off # else the first of several servers on this machine would get port 8080
export FERROTUNNEL_RETRY_REFUSED=0 # clients end with their reason, as at a terminal
export FERROTUNNEL_PLUGINS=${E2E_PLUGINS:-} # those of this build

readonly skipped=77
readonly failed=1
# How long to wait for what should be there at once. Generous: a loaded machine must not fail a test.
readonly patience=60

test_name=$(basename "$0" .sh)
dir=$(mktemp -d "${TMPDIR:-/tmp}/ferrotunnel-e2e.XXXXXX")
mkfifo "$dir/.started" # how start() learns the number of a process
export XDG_CONFIG_HOME=$dir/config # nobody's own login gets in
export RUNTIME_DIRECTORY=$dir/run # for control sockets: nothing of a test is in the machine's own folders
main_pid=$BASHPID
declare -A pids=()      # of processes that run, by name
declare -A exit_codes=() # of those that have ended
declare -A programs=()  # those of them that are FerroTunnel
declare -A expected_codes=() # with which they end, where it is not 0
cleanups=()             # commands for the end of the test, last one first

say() { printf '[%6.2f] %s\n' "$(($(date +%s%N) / 10000000 - test_began))e-2" "$*"; }
test_began=$(($(date +%s%N) / 10000000))

skip() {
    echo "skipped: $*"
    exit $skipped
}

fail() {
    echo "FAILED: $*" >&2
    local frame
    for ((frame = 1; frame < ${#FUNCNAME[@]}; ++frame)); do
        echo "  at ${BASH_SOURCE[frame]}:${BASH_LINENO[frame - 1]} ${FUNCNAME[frame]}" >&2
    done
    exit $failed
}

# need PROGRAM...: skips the test where one is missing.
need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "there is no $program"
    done
}

# need_descriptors COUNT: of each process of the test, which gets as many as may be.
need_descriptors() {
    ulimit -n "$(ulimit -H -n)"
    [[ $(ulimit -n) == unlimited ]] || (($(ulimit -n) >= $1)) || skip "only $(ulimit -n) descriptors a process are allowed"
}

# python_with MODULE: prints a Python that has it. Debian's packages are Debian's Python's, which may not be the first.
python_with() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c "import $1" 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    return 1
}

full() { [[ ${E2E_FULL:-0} == 1 ]]; }

# by_size SMALL FULL [SANITIZED]: the second with E2E_FULL; the third where a sanitizer makes that take hours.
by_size() {
    if ! full; then
        echo "$1"
    elif ((${E2E_SANITIZED:-0} == 1)); then
        echo "${3:-$2}"
    else
        echo "$2"
    fi
}

# --- the end of a test --------------------------------------------------------------------------------------------

on_end() { cleanups+=("$*"); }

show_logs() {
    local file
    for file in "$dir"/*.out "$dir"/*.err; do
        if [[ -s $file ]]; then
            echo "--- ${file##*/}" >&2
            tail -n 25 "$file" | cut -c 1-400 >&2
        fi
    done
}

# The token never reaches a log or the output of any process, whatever the test was about. A part of one may begin with
# a dash, which grep would take for an option.
check_secrets() {
    local found
    [[ -n ${token:-} ]] || return 0
    if found=$(grep -l -a -F -e "${token:4:20}" "$dir"/*.out "$dir"/*.err 2>/dev/null); then
        echo "FAILED: the token is in $found" >&2
        return 1
    fi
}

# A stream that stood still for no reason is a bug, whatever the test was about (lib/mux/stall_watch.hpp).
check_stalls() {
    local found
    if found=$(grep -a 'a stream stalled for no known reason' "$dir"/*.out "$dir"/*.err 2>/dev/null); then
        echo "FAILED: $found" >&2
        return 1
    fi
}

# Server and clients end with code 0 when they are asked to, whatever has happened before; this is also where
# sanitizers report.
end_programs() {
    local name code result=0
    for name in "${!programs[@]}"; do
        if is_running "$name"; then
            # Two different signals, since two of the same may become one: the second one ends without waiting.
            kill -TERM "${pids[$name]}"
            kill -INT "${pids[$name]}"
        fi
    done
    for name in "${!programs[@]}"; do
        [[ -n ${pids[$name]:-} ]] || continue
        if ! (wait_until $patience "the end of $name" has_ended "$name"); then
            result=1
            continue
        fi
        code=$(<"$dir/$name.code")
        unset "pids[$name]"
        if ((code != ${expected_codes[$name]:-0})); then
            echo "FAILED: $name ended with code $code" >&2
            result=1
        fi
    done
    return $result
}

finish() {
    local code=$? i
    trap - EXIT ERR
    [[ $BASHPID == "$main_pid" ]] || exit $code
    set +e
    for ((i = ${#cleanups[@]} - 1; i >= 0; --i)); do
        eval "${cleanups[i]}"
    done
    if ((code == 0)); then
        end_programs || code=$failed
        check_secrets || code=$failed
        check_stalls || code=$failed
    fi
    ((code == 0 || code == skipped)) || show_logs
    for i in "${!pids[@]}"; do
        is_running "$i" && kill -KILL "${pids[$i]}" 2>/dev/null
    done
    for i in "${!pids[@]}"; do
        (wait_until $patience "the end of $i" has_ended "$i")
    done
    wait 2>/dev/null
    ((code == 0)) && say "passed: $test_name"
    [[ ${E2E_KEEP:-0} == 1 ]] || rm -rf "$dir"
    exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM
# With set -e alone a failed command would end the test without a word.
trap 'echo "FAILED: \"$BASH_COMMAND\" at ${BASH_SOURCE[0]##*/}:$LINENO" >&2' ERR
set -E

# --- processes ----------------------------------------------------------------------------------------------------

# start NAME COMMAND...: in the background, its output in $dir/NAME.out and NAME.err. A shell of its own waits for it and
# leaves the code it ends with in NAME.code: in a long test its number is another process's again before anybody asks.
start() {
    local name=$1 pid started
    shift
    [[ -z ${pids[$name]:-} ]] || fail "$name runs already"
    unset "exit_codes[$name]"
    rm -f "$dir/$name.code"
    : >"$dir/$name.out" # here, so that nobody reads what one before it has said
    : >"$dir/$name.err"
    exec {started}<>"$dir/.started" # both ways: neither side waits for the other to open it, nor sees an end
    (
        trap - ERR
        "$@" >"$dir/$name.out" 2>"$dir/$name.err" </dev/null {started}>&- &
        echo $! >&"$started"
        exec {started}>&-
        code=0
        wait $! || code=$?
        echo $code >"$dir/$name.ending"
        mv "$dir/$name.ending" "$dir/$name.code"
    ) >/dev/null 2>&1 &
    read -r pid <&"$started"
    exec {started}>&-
    pids[$name]=$pid
}

pid_of() { echo "${pids[$1]:?no process $1}"; }

is_running() { [[ -n ${pids[$1]:-} && ! -e $dir/$1.code ]]; }

# check_alive: fails when a FerroTunnel process has ended that no one has asked to.
check_alive() {
    local name
    for name in "${!programs[@]}"; do
        [[ -z ${pids[$name]:-} ]] || is_running "$name" || fail "$name has ended by itself"
    done
}

has_ended() { ! is_running "$1"; }

signal() { kill "-$2" "$(pid_of "$1")"; }

# join NAME [SECONDS]: waits for its end by itself; its exit code is then in exit_codes[NAME].
join() {
    wait_until "${2:-$patience}" "the end of $1" has_ended "$1"
    exit_codes[$1]=$(<"$dir/$1.code")
    unset "pids[$1]"
}

# join_ok NAME [SECONDS]: and it must have succeeded.
join_ok() {
    join "$@"
    ((exit_codes[$1] == 0)) || fail "$1 ended with code ${exit_codes[$1]}"
}

# kill_now NAME: SIGKILL.
kill_now() {
    pid_of "$1" >/dev/null
    signal "$1" KILL 2>/dev/null || true # it may have ended by itself
    join "$1"
}

# --- waiting ------------------------------------------------------------------------------------------------------

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# wait_until SECONDS WHAT CONDITION...: polls the command; there is no other way of waiting in these tests.
wait_until() {
    local deadline=$(($(now_ms) + $1 * 1000)) what=$2
    shift 2
    until "$@"; do
        (($(now_ms) < deadline)) || fail "waited in vain for $what"
        sleep 0.05
    done
}

file_has() { grep -q -a -- "$2" "$1" 2>/dev/null; }

# wait_for_text NAME PATTERN: in the output of process NAME.
wait_for_text() { wait_until $patience "\"$2\" in the output of $1" text_is_there "$1" "$2"; }
text_is_there() { file_has "$dir/$1.out" "$2" || file_has "$dir/$1.err" "$2"; }

# count_of NAME PATTERN: lines of its output that match.
count_of() { cat "$dir/$1.out" "$dir/$1.err" | grep -c -a -- "$2" || true; }
count_is() { (($(count_of "$1" "$2") >= $3)); }

# Tests that run at the same time take their ports from blocks of their own, 200 ports each between 10000 and 29999: out
# of the range from which the system takes ports by itself. Whoever holds the lock of a block's file has the block, until
# the last of the test's processes has ended. Unit tests take theirs in the same way (tests/support/lasting_port.hpp).
take_port_block() {
    local locks=${TMPDIR:-/tmp}/ferrotunnel-e2e-ports.$UID block
    mkdir -p "$locks"
    for block in $(shuf -i 0-99); do
        exec {port_lock}>"$locks/$block"
        if flock -n "$port_lock"; then
            first_port=$((10000 + 200 * block))
            return
        fi
        exec {port_lock}>&-
    done
    fail "no free block of ports"
}
take_port_block

# A TCP port that is free now. No port is given twice in a test, as some are only used later.
free_port() {
    local port
    for ((port = first_port; port < first_port + 200; ++port)); do
        if mkdir "$dir/.port.$port" 2>/dev/null && "$E2E_TOOLS/tcp_peer" can-bind "$port"; then
            echo $port
            return
        fi
    done
    fail "no free port"
}

accepts() { (exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null; }
refuses() { ! accepts "$1"; }
# The second argument is who should listen there, so that its early end is not waited for.
wait_for_port() {
    wait_until $patience "port $1 of $2" port_or_end "$1" "$2"
    is_running "$2" || fail "$2 has ended instead of listening on $1"
}
port_or_end() { accepts "$1" || has_ended "$2"; }

# --- assertions ---------------------------------------------------------------------------------------------------

equal() { [[ $2 == "$3" ]] || fail "$1: expected \"$3\", got \"$2\""; }
at_most() { (($2 <= $3)) || fail "$1: expected at most $3, got $2"; }
at_least() { (($2 >= $3)) || fail "$1: expected at least $3, got $2"; }
has_text() { file_has "$1" "$2" || fail "\"$2\" is not in ${1##*/}"; }

# value KEY LINE: what KEY=... says in a result line of the tools.
value() {
    local line=" $2"
    [[ $line == *" $1="* ]] || fail "no $1= in \"$2\""
    line=${line#* "$1"=}
    echo "${line%% *}"
}

# --- FerroTunnel --------------------------------------------------------------------------------------------------

# openssl_at_least VERSION: whether the program's OpenSSL is that new.
openssl_at_least() {
    local version
    version=$("$FERROTUNNEL" version --libraries | awk '$1 == "OpenSSL" && !seen++ { print $2 }')
    printf '%s\n%s\n' "$version" "$1" | sort -VC -r
}

token=
tls=on
make_token() {
    (umask 077 && "$FERROTUNNEL" token >"$dir/token")
    token=$(<"$dir/token")
    [[ $token == ft1_* ]] || fail "\`token\` printed \"$token\""
}

# start_server [OPTION...]: on a port that the system chooses, known as $control afterwards. A name other than "server"
# comes from server_name.
start_server() {
    local name=${server_name:-server}
    [[ -n $token ]] || make_token
    programs[$name]=1
    rm -f "$dir/$name.endpoints" # of one that was killed
    start "$name" "$FERROTUNNEL" server --token-file "$dir/token" --bind "${server_bind:-127.0.0.1:0}" \
        --tcp-bind 127.0.0.1 --state-dir "$dir/state" --endpoint-file "$dir/$name.endpoints" --workers 2 \
        --tls $tls "$@"
    wait_until $patience "the server's endpoint file" endpoint_or_end "$name" '^control '
    control=$(awk '$1 == "control" { print $2 }' "$dir/$name.endpoints") || fail "the server did not start"
}
endpoint_or_end() { file_has "$dir/$1.endpoints" "$2" || has_ended "$1"; }

# start_client NAME [OPTION...]: services as --tcp 0=...; does not wait for them.
start_client() {
    local name=$1
    shift
    programs[$name]=1
    rm -f "$dir/$name.endpoints" # of one that was killed
    start "$name" "$FERROTUNNEL" client --server "${client_to:-$control}" --token-file "${client_token:-$dir/token}" \
        --endpoint-file "$dir/$name.endpoints" --workers 2 --reconnect-max 1 --tls $tls "$@"
}

# ready_client NAME SERVICES [OPTION...]: and waits until so many services are registered.
ready_client() {
    local name=$1 services=$2
    shift 2
    start_client "$name" "$@"
    wait_for_services "$name" "$services"
}

wait_for_services() { wait_until $patience "$2 service(s) of $1" services_are "$1" "$2"; }
services_are() {
    check_alive
    [[ -f $dir/$1.endpoints ]] && (($(grep -c '^service ' "$dir/$1.endpoints" || true) == $2))
}

# public_of NAME [WHICH]: the public address of its first, second ... service.
public_of() { awk -v n="${2:-1}" '$1 == "service" && ++i == n { print $3 }' "$dir/$1.endpoints"; }

# serve NAME ACTION...: a backend made of tools/tcp_peer; its address is then in $backend.
serve() {
    local name=$1
    shift
    rm -f "$dir/$name.port"
    start "$name" "$E2E_TOOLS/tcp_peer" serve --port-file "$dir/$name.port" "$@"
    wait_until $patience "the port of $name" test -s "$dir/$name.port"
    backend=127.0.0.1:$(<"$dir/$name.port")
}

# serve_udp NAME [PORT]: udp_peer.py as a backend, which says what it gets; its address is then in $udp_backend.
serve_udp() {
    rm -f "$dir/$1.port"
    start "$1" python3 "$E2E_SOURCE/udp_peer.py" backend "$dir/$1.port" "${@:2}"
    wait_until $patience "the port of $1" test -s "$dir/$1.port"
    udp_backend=127.0.0.1:$(<"$dir/$1.port")
}

# visit ADDRESS ACTION...: a visitor; prints its result line.
visit() {
    local address=$1
    shift
    "$E2E_TOOLS/tcp_peer" connect "$address" "$@"
}

# tunnel ACTION...: server, client and a backend of these actions; $public is where visitors go.
tunnel() {
    serve backend "$@"
    start_server
    ready_client client 1 --tcp "0=$backend"
    public=$(public_of client)
}

# service NAME ACTION...: a backend with a tunnel to it; its public address is then in $public.
service() {
    local name=$1
    serve "$@"
    ready_client "client_$name" 1 --tcp "0=$backend"
    public=$(public_of "client_$name")
}

# backend_line NAME: what its first connection came to.
backend_line() {
    local line
    wait_for_text "$1" "^connection=1 "
    line=$(grep -a '^connection=1 ' "$dir/$1.out")
    equal "the first wrong byte that $1 got" "$(value bad "$line")" no
    echo "$line"
}

# Of all its threads, also those that have ended; counted in steps of 10 ms.
processor_ms_of() { awk -v hz="$(getconf CLK_TCK)" '{ print int(($14 + $15) * 1000 / hz) }' "/proc/$(pid_of "$1")/stat"; }

descriptors_of() { ls "/proc/$(pid_of "$1")/fd" | wc -l; }
# Memory of its own in KiB, shared pages counted in parts; not the program's file, whose part grows when another test's
# server ends.
# A sanitizer pads what is there and keeps what was freed: bounds of memory are asserted without one.
memory_counts() { ((${E2E_SANITIZED:-0} == 0)); }
memory_at_most() { ! memory_counts || at_most "$@"; }
wait_for_memory() { ! memory_counts || wait_until $patience "$@"; }
memory_of() { awk '$1 == "Pss_Anon:" { print $2 }' "/proc/$(pid_of "$1")/smaps_rollup"; }

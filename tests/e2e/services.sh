# Several clients with several services each on one server of two workers; who gets which port, and who does not.
source "$(dirname "$0")/lib.sh"

backends=()
clients=$(by_size 4 12)
start_server
say "$clients clients of four services each: every visitor reaches his own"
for service in 1 2 3 4; do
    serve "backend_$service" "text:this-is-$service" echo
    backends[service]=$backend
done
for ((number = 1; number <= clients; ++number)); do
    start_client "client_$number" --tcp "0=${backends[1]}" --tcp "0=${backends[2]}" --tcp "0=${backends[3]}" \
        --tcp "0=${backends[4]}"
done
for ((number = 1; number <= clients; ++number)); do
    wait_for_services "client_$number" 4
done
cat "$dir"/client_*.endpoints | awk '$1 == "service" { print $3 }' | sort -u >"$dir/publics"
equal "different public addresses" "$(wc -l <"$dir/publics")" $((clients * 4))
ask() {
    local public=$1 expected=$2 out
    out=$(visit "$public" line exchange:300K finish rest)
    equal "who answered at $public" "${out%%$'\n'*}" "line $expected"
}
# A service with port 0 is called by its backend's address.
for ((number = 1; number <= clients; ++number)); do
    for service in 1 2 3 4; do
        public=$(awk -v name="${backends[service]}" '$2 == name { print $3 }' "$dir/client_$number.endpoints")
        start "visitor_${number}_$service" ask "$public" "this-is-$service"
    done
done
for ((number = 1; number <= clients; ++number)); do
    for service in 1 2 3 4; do
        join_ok "visitor_${number}_$service"
    done
done

say "a client that goes takes its ports with it, and no others"
public=$(public_of client_1)
signal client_1 TERM
join_ok client_1
wait_until $patience "the closed port" refuses "$public"
ask "$(awk -v name="${backends[2]}" '$2 == name { print $3 }' "$dir/client_2.endpoints")" this-is-2

# refused NAME PATTERN: it ends, since nothing is left, and says why.
refused() {
    join "$1"
    equal "exit code of $1" "${exit_codes[$1]}" 3
    has_text "$dir/$1.out" "$2"
}
say "a port that a program of somebody else has: the client waits for it, unless it is to try once"
port=$(free_port)
serve stranger --port "$port" echo
in_use="refused: tcp:$port: .*$port: Address already in use\. Choose another port\."
start_client late --tcp "$port=${backends[1]}" --attempts 1
refused late "$in_use\$" # it does not try again
line=$(visit "$backend" exchange:1K finish rest)
start_client patient --tcp "$port=${backends[1]}"
wait_for_text patient "$in_use Trying again\."
kill_now stranger
wait_for_services patient 1
ask "127.0.0.1:$port" this-is-1
equal "times that it was told" "$(count_of patient 'refused: tcp')" 1

say "a port that a client with another token has"
(umask 077 && "$FERROTUNNEL" token >"$dir/second_token")
server_name=two_tokens start_server --token-file "$dir/second_token"
port=$(free_port)
ready_client first 1 --tcp "$port=${backends[1]}"
client_token=$dir/second_token start_client second --tcp "$port=${backends[2]}" --attempts 2
refused second "refused: tcp:$port: .*$port"
ask "127.0.0.1:$port" this-is-1

say "one of two services is refused: the other one stays"
client_token=$dir/second_token ready_client half 1 --tcp "$port=${backends[2]}" --tcp "0=${backends[3]}"
wait_for_text half "refused: tcp:$port"
ask "$(public_of half)" this-is-3

say "ports that the server does not allow"
allowed=$(free_port)
server_name=strict start_server --allow-ports "$allowed"
start_client forbidden --tcp "$port=${backends[1]}"
refused forbidden "refused: tcp:$port: .*not allowed"
ready_client allowed 1 --tcp "$allowed=${backends[1]}"
ask "127.0.0.1:$allowed" this-is-1

say "no more connections and ports for the clients of one token than the operator allows"
server_name=frugal start_server --connections-per-token 3 --ports-per-token 2
ready_client two_ports 2 --connections 2 --tcp "0=${backends[1]}" --tcp "0=${backends[2]}"
wait_for_text two_ports 'all 2 connections are up' # before others take its place
start_client third_port --connections 1 --tcp "0=${backends[3]}" --attempts 1
refused third_port "The clients of this token have reached the limit of public ports (2)\. Try again later\.\$"
start_client patient_port --connections 1 --tcp "0=${backends[3]}"
wait_for_text patient_port "reached the limit of public ports"
start_client fourth --tcp "0=${backends[3]}" --connections 1
wait_for_text fourth "This token has reached its limit of connections (3)"
signal two_ports TERM
join_ok two_ports
wait_for_services patient_port 1
wait_for_services fourth 1

many=$(by_size 200 1000)
say "$many services of one client"
options=()
for ((number = 1; number <= many; ++number)); do
    options+=(--tcp "0=127.0.0.1:$number")
done
server_name=roomy start_server
ready_client many "$many" "${options[@]}"
equal "different ports" "$(awk '$1 == "service" { print $3 }' "$dir/many.endpoints" | sort -u | wc -l)" "$many"
check_alive

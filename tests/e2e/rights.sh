# Tokens with rights and quotas, through the real program: which token gets which host, port and kind of service, in a
# table; where from, until when, and how much.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl

tokens="alice bob carol guest wide desk few once late away"
for name in $tokens second; do
    (umask 077 && "$FERROTUNNEL" token >"$dir/$name.token")
done
serve greeter text:hello
greeter=$backend
for ((number = 0; number < 6; ++number)); do
    ports[number]=$(free_port)
done
read -r alices first_bob between last_bob carols free <<<"$(printf '%s\n' "${ports[@]}" | sort -n | tr '\n' ' ')"
expires_in() { date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ; }

# server_file NAME [LINE...]: the server's file $dir/NAME.yml, with these tokens.
server_file() {
    local name=$1 file=$dir/$1.yml
    shift
    cat >"$file" <<END
server:
  bind: 127.0.0.1:0
  tcp_bind: 127.0.0.1
  https_bind: 127.0.0.1:0
  domain: t.example.com
  state_dir: $dir/$name.state
  workers: 2
  token:
END
    printf '    - %s\n' "$@" >>"$file"
}
# serve_tokens NAME: the server with that file; $control is where it is then, and $edge where HTTP visitors are.
serve_tokens() {
    programs[$1]=1
    start "$1" "$FERROTUNNEL" server --config "$dir/$1.yml" --http-bind 127.0.0.1:0 --metrics 127.0.0.1:0 --hold 0 --endpoint-file "$dir/$1.endpoints"
    wait_until $patience "the endpoints of $1" endpoint_or_end "$1" '^http '
    control=$(awk '$1 == "control" { print $2 }' "$dir/$1.endpoints")
    edge=$(awk '$1 == "http" { print $2 }' "$dir/$1.endpoints")
}
secret() { echo "secret: \"file:$dir/$1.token\""; }
# offer NAME TOKEN [OPTION...]: a client with one connection.
offer() {
    local name=$1
    client_token=$dir/$2.token start_client "$name" --connections 1 "${@:3}"
}
# ended NAME WORDS: it has ended since nothing is left to offer, and has said that.
ended() {
    join "$1"
    equal "exit code of $1" "${exit_codes[$1]}" 3
    grep -qF -- "$2" "$dir/$1.out" || fail "$1 has not said \"$2\""
}
leave() {
    signal "$1" TERM
    join_ok "$1"
}

server_file table \
    "{name: alice, $(secret alice), hosts: [app.example.com, '*.alice.example.com', '*.wide.example.com'], ports: $alices}" \
    "{name: bob, $(secret bob), hosts: bob.example.com, ports: [$first_bob-$last_bob], kinds: [tcp, http]}" \
    "{name: carol, $(secret carol), hosts: [deep.alice.example.com, '*.t.example.com'], ports: $between}" \
    "{name: guest, $(secret guest)}" \
    "{name: wide, $(secret wide), hosts: ['**.example.com', '*'], ports: any, kinds: [tls, http, tcp]}" \
    "{name: desk, $(secret desk), kinds: private, hosts: []}"
guarded=$(free_port)
"$FERROTUNNEL" token >"$dir/guarded.token"
printf '%s\n' "  services:" "    - {name: kept.example.org, token: 'file:$dir/guarded.token', ports: $guarded}" \
    "    - {name: 'tls:kept.example.org', token: 'file:$dir/guarded.token'}" >>"$dir/table.yml"
serve_tokens table

# What the program says, in a table: token, kind, what it asks for, and what becomes of that.
kept_host() { echo "The host $1 is reserved for tokens with a right to it, which this token does not have. Choose another host, or ask the server's operator to allow it."; }
not_host() { echo "The host $1 is not allowed for this token. Allowed: $2. Use one of these, or ask the server's operator to allow it."; }
kept_port() { echo "Public port $1 is reserved for tokens with a right to it, which this token does not have. Choose another port, or ask the server's operator to allow it."; }
not_port() { echo "Public port $1 is not allowed for this token. Allowed: $2. Use one of these, or ask the server's operator to allow it."; }
not_kind() { echo "Services of the kind $1 are not allowed for this token. Allowed: $2."; }
of_alice="app.example.com, *.alice.example.com, *.wide.example.com"
none_assigned="The server cannot assign a host to this token"
rows=0
declare -A cells=() # of tokens and kinds
# row TOKEN KIND ASKED EXPECTED...: "granted", or the words of the refusal.
row() {
    local token=$1 kind=$2 asked=$3 expected=$4 name option
    rows=$((rows + 1))
    cells["$token $kind"]=1
    name=row_$rows
    case $kind in
        tcp | private) option=(--tcp "${asked}=$backend") ;;
        udp) option=(--udp "${asked}=$backend") ;;
        http) option=(--http "$asked=$backend") ;;
        tls) option=(--passthrough "$asked=$backend") ;;
        *) fail "no kind $kind" ;;
    esac
    offer "$name" "$token" --attempts 1 "${option[@]}"
    if [[ $expected == granted ]]; then
        wait_until $patience "what becomes of $token $kind $asked" services_or_end "$name"
        is_running "$name" || fail "$token was refused $kind $asked: $(<"$dir/$name.out")"
        leave "$name"
    else
        ended "$name" "$expected"
    fi
}
services_or_end() { file_has "$dir/$1.endpoints" '^service ' || has_ended "$1"; }

say "token x kind x what it asks for"
row alice http app.example.com granted
row alice http app.example.com/api granted
row alice tls app.example.com granted
row alice http x.alice.example.com granted
row alice tls '*.alice.example.com' granted
row alice http bob.example.com "$(not_host bob.example.com "$of_alice")"
row alice tls bob.example.com "$(not_host bob.example.com "$of_alice")"
row alice http deep.alice.example.com "$(kept_host deep.alice.example.com)"
row alice tls deep.alice.example.com "$(kept_host deep.alice.example.com)"
row alice http '**.alice.example.com' "$(not_host '**.alice.example.com' "$of_alice")"
row alice http '*' "The default service is not allowed for this token. Allowed: $of_alice."
row alice http '' "$none_assigned"
row alice tcp "$alices" granted
row alice tcp 0 granted
row alice tcp "$first_bob" "$(not_port "$first_bob" "$alices")"
row alice udp "$alices" granted
row alice udp 0 granted
row alice udp "$first_bob" "$(not_port "$first_bob" "$alices")"
row alice private private granted
row bob http bob.example.com granted
row bob tls bob.example.com "$(not_kind tls "tcp, http")"
row bob private private "$(not_kind private "tcp, http")"
row bob udp "$first_bob" "$(not_kind udp "tcp, http")"
row bob udp 0 "$(not_kind udp "tcp, http")"
row bob http app.example.com "$(not_host app.example.com bob.example.com)"
row bob tcp "$first_bob" granted
row bob tcp "$last_bob" granted
row bob tcp "$between" "$(kept_port "$between")"
row bob tcp "$alices" "$(not_port "$alices" "$first_bob-$last_bob")"
row bob tcp 0 granted
row carol http deep.alice.example.com granted
row carol tls deep.alice.example.com granted
row carol http '' granted
row carol tcp "$between" granted
row carol tcp "$first_bob" "$(not_port "$first_bob" "$between")"
row carol udp "$between" granted
row carol udp "$alices" "$(not_port "$alices" "$between")"
row carol private private granted
row carol http other.alice.example.com "$(not_host other.alice.example.com "deep.alice.example.com, *.t.example.com")"
row guest http app.example.com "$(kept_host app.example.com)"
row guest tls app.example.com "$(kept_host app.example.com)"
row guest http any.example.com "$(kept_host any.example.com)"
row guest http '*.example.com' "$(kept_host '*.example.com')"
row guest http '**.com' "$(kept_host '**.com')"
row guest http '*' "The default service is reserved for tokens with a right to it, which this token does not have."
row guest http guest.example.org "$(kept_host guest.example.org)"
row guest http '' "$none_assigned"
row guest tcp "$alices" "$(kept_port "$alices")"
row guest tcp "$first_bob" "$(kept_port "$first_bob")"
row guest tcp "$free" granted
row guest tcp 0 granted
row guest tcp 80 "$(not_port 80 1024-65535)"
row guest udp "$alices" "$(kept_port "$alices")"
row guest udp "$first_bob" "$(kept_port "$first_bob")"
row guest udp "$free" granted
row guest udp 0 granted
row guest udp 80 "$(not_port 80 1024-65535)"
row guest private private granted
row wide http other.example.org granted
row wide http '*' granted
row wide tls '**.example.com' granted
row wide http app.example.com "$(kept_host app.example.com)"
row wide tls bob.example.com "$(kept_host bob.example.com)"
row wide tcp "$free" granted
row wide tcp "$alices" "$(kept_port "$alices")"
row wide udp "$free" "$(not_kind udp "tls, http, tcp")"
row wide private private "$(not_kind private "tls, http, tcp")"
row desk private private granted
row desk http app.example.com "$(not_kind http private)"
row desk tcp 0 "$(not_kind tcp private)"
row desk tls app.example.com "$(not_kind tls private)"
row desk udp 0 "$(not_kind udp private)"
no_token() { echo "The service \"$1\" needs its own token on this server, in addition to the client's. Set \`token\` of the service."; }
for name in guest wide; do
    row $name http kept.example.org "$(no_token kept.example.org)"
    row $name tls kept.example.org "$(no_token tls:kept.example.org)"
done
row guest tcp "$guarded" "$(no_token "tcp:$guarded")"
row guest udp "$guarded" "$(no_token "udp:$guarded")"
row wide tcp "$guarded" "$(no_token "tcp:$guarded")"
for name in alice bob carol guest wide desk; do
    for kind in tcp udp http tls private; do
        [[ -n ${cells["$name $kind"]:-} ]] || fail "the table has no row for $name and $kind"
    done
done

say "nobody sees the visitors of a host to which another has the more specific right"
serve_http web
offer wide_client wide --http "**.example.com=$backend"
wait_for_services wide_client 1
status() { curl -sS --max-time 60 -o /dev/null -w '%{http_code}' -H "Host: $1" "http://$edge/name/x"; }
equal "a host that is nobody's" "$(status free.example.com)" 200
equal "alice's, who was never there" "$(status x.wide.example.com)" 404
equal "bob's, who is away" "$(status bob.example.com)" 503
offer bob_client bob --http "bob.example.com=$backend"
wait_for_services bob_client 1
equal "bob's, who is there" "$(status bob.example.com)" 200
leave bob_client
leave wide_client

say "without rights on either side: below another's pattern nobody gets a host, and who had one keeps it"
server_file plain "{name: guest, $(secret guest)}" "{name: bob, $(secret bob)}" "{name: carol, $(secret carol)}"
serve_tokens plain
offer before bob --http "mine.example.net=$backend"
wait_for_services before 1
offer pattern guest --http "*.example.net=$backend"
wait_for_services pattern 1
offer below carol --attempts 1 --http "admin.example.net=$backend"
ended below "The host admin.example.net is below a pattern that belongs to another token"
leave before
offer before bob --http "mine.example.net=$backend"
wait_for_services before 1
offer default carol --attempts 1 --http "*=$backend"
ended default "The default service is reserved for tokens with a right to it"
offer around carol --attempts 1 --http "*.t.example.com=$backend"
ended around "The host *.t.example.com is reserved for tokens with a right to it"
for name in before pattern plain; do
    leave $name
done

backend=$greeter
say "quotas: services, connections, visitors, and new visitors"
server_file quotas \
    "{name: few, $(secret few), services: 2, connections: 3}" \
    "{name: once, $(secret once), visitors_per_second: 0.001}" \
    "{name: alice, $(secret alice), visitors: 2}" \
    "{name: away, $(secret away), from: [192.0.2.0/24, '2001:db8::1']}" \
    "{name: bob, $(secret bob), from: [127.0.0.0/8, '::1']}" \
    "{name: carol, $(secret carol), expires: 2020-01-01T00:00:00+01:00}"
serve_tokens quotas
offer first few --tcp "0=$backend"
wait_for_services first 1
client_token=$dir/few.token ready_client second_of_few 1 --connections 2 --http "few.example.com=$backend"
wait_for_text second_of_few "all 2 connections are up"
offer third few --attempts 1 --tcp "0=$backend"
wait_for_text third "This token has reached its limit of connections (3)"
join third
leave second_of_few
offer third few --name third --tcp "0=$backend" --tcp "private=$backend"
wait_for_services third 1
wait_for_text third "The clients of this token have reached its limit of services (2). Try again later. Trying again."
wait_for_text quotas 'a service was refused  session=.* peer=.* client=third token=few service=.*code=busy'
leave first
wait_for_services third 2
# A client that is killed gives back what it had, and so does one that dies while it registers.
kill_now third
offer fourth few --tcp "0=$backend" --tcp "private=$backend"
wait_for_services fourth 2

offer once_client once --tcp "0=$backend"
wait_for_services once_client 1
equal "the first visitor" "$(visit "$(public_of once_client)" line finish | head -1)" "line hello"
for ((number = 0; number < 5; ++number)); do
    visit "$(public_of once_client)" line finish >"$dir/visit.out" 2>&1 || true
    ! file_has "$dir/visit.out" "line hello" || fail "a second visitor came in"
done
wait_for_text once_client "info  a visitor"
equal "visitors that the client has seen" "$(count_of once_client 'info  a visitor')" 1
wait_for_text quotas "a visitor was rejected: the token has reached its limit of visitors, or of new ones  token=once"

serve hold text:held rest
offer alice_client alice --tcp "0=$backend" --http "held.example.com=$backend"
wait_for_services alice_client 2
public=$(public_of alice_client)
for name in one two; do
    start "visitor_$name" "$E2E_TOOLS/tcp_peer" connect "$public" line rest
    wait_for_text "visitor_$name" "line held"
done
visit "$public" line finish >"$dir/visit.out" 2>&1 || true
! file_has "$dir/visit.out" "line held" || fail "a third visitor came in"
equal "an HTTP visitor beyond the quota" "$(status held.example.com)" 503
wait_for_text quotas 'a request was answered by the edge .*status=503 code=quota why="the token alice has reached its limit of visitors or of new visitors"'
curl -sS --max-time $patience "http://$(awk '$1 == "metrics" { print $2 }' "$dir/quotas.endpoints")/metrics" >"$dir/metrics.out"
has_text "$dir/metrics.out" '^ferrotunnel_quota_refusals_total{token="once",quota="visitors_per_second"} 5$'
has_text "$dir/metrics.out" '^ferrotunnel_quota_refusals_total{token="alice",quota="visitors"} 2$'
kill_now visitor_one
served() { visit "$public" line finish 2>/dev/null | grep -q "line held"; }
wait_until $patience "a place for another visitor" served
kill_now visitor_two

say "where from, and until when"
offer away_client away --attempts 1 --tcp "0=$backend"
wait_for_text away_client "The token may not be used from this address (127.0.0.1)."
join away_client
equal "exit code of a client from elsewhere" "${exit_codes[away_client]}" 3
offer expired carol --attempts 1 --tcp "0=$backend"
wait_for_text expired "The server does not accept the token: The token has expired."
join expired
offer bob_client bob --tcp "0=$backend"
wait_for_services bob_client 1
server_file ends "{name: late, $(secret late), also: \"file:$dir/second.token\", expires: $(expires_in 20)}"
serve_tokens ends
offer late_client late --name mine --tcp "0=$backend"
offer second_client second --tcp "0=$backend"
wait_for_services late_client 1
wait_for_services second_client 1
for name in late_client second_client; do
    wait_until 120 "the end of the session of $name" text_is_there $name "The token has expired."
done
wait_for_text ends 'a login was refused .*client=mine token=late code=unauthorized why="The token has expired."'
wait_until 120 "the clients' next logins" count_is ends 'why="The token has expired."' 4
check_alive # clients that were let in before continue trying

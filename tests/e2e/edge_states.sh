# What a visitor of the HTTP edge hears when something fails: each state with its status, code and line in the log, cut
# answers that never look complete, and requests that are not sent twice.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl

serve_http backend
start_edge
ready_client client 1 --http "app.example.com=$backend"
closed_port=$(free_port)
ready_client second 1 --http "refused.example.com=127.0.0.1:$closed_port"

say "states"
equal "an unknown host" "$(status_of other.example.com /)" "404 unknown_host"
equal "a backend that refuses" "$(status_of refused.example.com /)" "502 backend_refused"
equal "a backend that closes" "$(status_of app.example.com /close)" "502 closed_early"
equal "a backend that resets" "$(status_of app.example.com /reset)" "502 reset"
for code in unknown_host backend_refused closed_early reset; do
    wait_for_text server "code=\"\?$code"
done

say "cut answers: curl says that they are not whole"
for way in length chunks; do
    code=0
    ask app.example.com "/cut/$way" >"$dir/cut.out" 2>/dev/null || code=$?
    equal "curl's exit code for a cut answer ($way)" "$code" 18
    equal "what came of it" "$(<"$dir/cut.out")" "0123456789"
done

say "a POST is not sent twice, a GET on an old connection is"
# Two requests on one connection, so that the second one finds the first one's stream in the pool.
twice() {
    curl -sS --max-time 60 -H "Host: app.example.com" "http://$edge/name/warm" -o "$dir/warm.out" \
        --next -sS --max-time 60 -H "Host: app.example.com" "$@" "http://$edge/close" -o /dev/null -w '%{http_code}'
}
equal "a POST whose backend closes" "$(twice -d body)" 502
equal "POSTs that the backend saw" "$(count_of backend '^request POST /close')" 1
equal "a GET whose backend closes, again and again" "$(twice)" 502
equal "GETs that the backend saw, with the one above" "$(count_of backend '^request GET /close')" 3

say "kill -9 of the client fails what is in flight and may not be sent again, and nothing else"
start slow status_of app.example.com /sleep/60000 -d body
start again ask app.example.com /sleep/60000 -o /dev/null -w '%{http_code}'
wait_for_text backend '^request POST /sleep/60000'
wait_for_text backend '^request GET /sleep/60000'
kill_now client
join slow
join again
equal "a POST that was in flight" "$(<"$dir/slow.out")" "502 tunnel_lost"
equal "a GET, for which no client has come back" "$(<"$dir/again.out")" 503
equal "another host" "$(status_of refused.example.com /)" "502 backend_refused"
wait_until $patience "503 for the host" status_is app.example.com / "503 no_client"
has_text "$dir/head" "[Rr]etry-[Aa]fter"
ready_client client 1 --http "app.example.com=$backend"
equal "after the client has come back" "$(ask app.example.com /name/back)" "back app.example.com 1"

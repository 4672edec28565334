# The plugin `forward-auth` in a server: what the service is asked, what its answers do, and services that are slow, hostile
# or dead.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx python3
[[ -e $FERROTUNNEL_PLUGINS/forward-auth.so ]] || skip "the plugin forward-auth is not built"

start service python3 "$E2E_SOURCE/auth_service.py" "$dir/service.port" "$dir/service.log"
wait_until $patience "the port of the service" test -s "$dir/service.port"
cat >"$dir/edge.yml" <<END
server:
  plugins:
    wait_timeout: 20s
    chain:
      - forward-auth:
          url: http://127.0.0.1:$(<"$dir/service.port")/verify
          response_headers: [X-User, X-Groups]
          timeout: 20s
          connections: 4
        reject_ambiguous_paths: on
END
start_nginx 'location /who { return 200 "$http_x_user|$http_x_groups|$http_x_other"; }'
start_edge --config "$dir/edge.yml"
ready_client client 1 --http "app.example.com=$nginx"
# want WHAT [CURL OPTION...]: what a visitor gets whom the service answers like that, and its status.
want() { ask app.example.com /who -b "want=$1" "${@:2}"; }
status() { status_of app.example.com /who -b "want=$1" "${@:2}"; }

say "what the service lets pass"
equal "the backend" "$(want ok -H 'X-User: root' -H 'x_groups: admin' -H 'X-Other: mine')" "ann|a, b|mine"
equal "without names" "$(want none -H 'X-User: root' -H 'x_user: root')" "||"
equal "after early hints" "$(want early)" "ann||"

say "connections are used again"
for i in {1..10}; do
    equal "request $i" "$(want ok)" "ann|a, b|"
done
at_most "connections for 13 requests" "$(grep -c '^connection' "$dir/service.log")" 4

say "what it is asked"
ask app.example.com '/who?q=1' -b want=ok -X POST -d 'a body' -H 'X-User: root' -H 'X-Forwarded-For: 203.0.113.1' \
    -H 'X-Forwarded-Uri: /public' -H 'X-Forwarded-Method: HEAD' -H 'Forwarded: for=203.0.113.1' -H 'X_Forwarded_Uri: /public' \
    >/dev/null
tail -n 1 "$dir/service.log" >"$dir/asked"
has_text "$dir/asked" '"start": "GET /verify HTTP/1.1"'
has_text "$dir/asked" '\["X-Forwarded-Method", "POST"\]'
has_text "$dir/asked" '\["X-Forwarded-Uri", "/who?q=1"\]'
has_text "$dir/asked" '\["X-Forwarded-Host", "app.example.com"\]'
has_text "$dir/asked" '\["X-Forwarded-For", "127.0.0.1"\]'
ask app.example.com /who -b want=ok -H 'Connection: Upgrade' -H 'Upgrade: websocket' >/dev/null
tail -n 1 "$dir/service.log" >>"$dir/asked"
for word in root 203.0.113.1 public HEAD Upgrade websocket Content- Forwarded\"; do
    ! grep -q "$word" "$dir/asked" || fail "the service was told $word"
done

say "it is asked for the path that the backend gets"
for path in '/public/../who?q=/../x' '/%77ho/.?q=/../x' ; do
    ask app.example.com "$path" --path-as-is -b want=ok >/dev/null
    tail -n 1 "$dir/service.log" >"$dir/asked"
    has_text "$dir/asked" '\["X-Forwarded-Uri", "/who/\??q=/../x"\]'
done
questions=$(grep -c 'GET /verify' "$dir/service.log")
equal "a path that can be read in two ways" "$(status_of app.example.com //who -b want=ok)" "400 ambiguous_path"
equal "questions" "$(grep -c 'GET /verify' "$dir/service.log")" "$questions"

say "what it refuses"
equal "nobody knows" "$(ask app.example.com /who -w ' %{http_code}' -D "$dir/head")" "please log in
 401"
has_text "$dir/head" '^WWW-Authenticate: Basic realm="service"'
has_text "$dir/head" '^Set-Cookie: try=1'
equal "to the login" "$(status login)" 302
has_text "$dir/head" '^Location: https://login.test/?a=b'
equal "both cookies" "$(grep -c -i '^Set-Cookie: [ab]=' "$dir/head")" 2
equal "forbidden" "$(want forbid)" "not you"
equal "its status" "$(status forbid)" 403
equal "with HEAD" "$(status forbid -I)" 403

say "hostile services"
equal "a refusal that is too long" "$(want huge_403 -w '%{http_code}')" 403
equal "a permission that is too long" "$(want huge_200)" "ann||"
equal "a refusal that is cut off" "$(want cut_403 -w '%{http_code}')" 403
for what in cut_200 error missing not_modified garbage old close long_head; do
    equal "$what" "$(status $what)" "503 plugin_failed"
done
for what in folded control switch; do
    result=$(status $what)
    [[ $result == 503* || $what == folded ]] || fail "$what: $result"
    [[ $what != folded || $(want folded) != *root* ]] || fail "half of a field went to the backend"
done
check_alive

say "a slow service does not hold up others"
for i in 1 2 3; do
    start "slow$i" curl -sS --max-time 120 -o /dev/null -w '%{http_code}' -H "Host: app.example.com" -b want=slow \
        "http://$edge/who"
done
wait_until $patience "the slow ones" eval '(($(grep -c "want=slow" "$dir/service.log" || true) >= 3))'
equal "another visitor" "$(want ok)" "ann|a, b|"
for i in 1 2 3; do
    join_ok "slow$i"
    equal "slow visitor $i" "$(<"$dir/slow$i.out")" 503
done

say "a dead service"
kill_now service
equal "the status" "$(status ok)" "503 plugin_failed"
wait_for_text server "there is no response from http://127.0.0.1"
check_alive

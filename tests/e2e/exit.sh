# A client that is a proxy to named destinations: curl by SOCKS5 and by HTTP, ssh by nc; logins, what is
# not allowed, and names that lead where they must not.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/ssh_lib.sh"
need curl python3

mkdir "$dir/web"
head -c 1000000 /dev/urandom >"$dir/web/file"
web=127.0.0.1:$(free_port)
start web python3 -u "$E2E_SOURCE/echo_server.py" "${web##*:}" "$dir/web"
wait_for_port "$web" web
web_port=${web##*:}
closed_port=$(free_port)
has_ssh=1
start_sshd || has_ssh=0
start_server

# --- the command, with a login ----------------------------------------------------------------------------------------

printf 'pass word\n' >"$dir/password"
printf '%s' "me:$(<"$dir/password")" >"$dir/login"
programs[short]=1
start short "$FERROTUNNEL" exit --allow "127.0.0.0/8:$web_port,$closed_port,${ssh_port:-1}" --allow '*.example.com' \
    --user me --password-file "$dir/password" --server "$control" --token-file "$dir/token" \
    --endpoint-file "$dir/short.endpoints"
wait_for_services short 1
exit=$(public_of short)

# by_curl URL OPTION...: the file in $dir/got; prints curl's exit code and what the proxy answered.
by_curl() {
    local code=0 status
    rm -f "$dir/got"
    status=$(curl -sS --max-time 60 -o "$dir/got" -w '%{http_connect}/%{http_code}' "${@:2}" "$1" 2>"$dir/curl.said") || code=$?
    echo "$code $status"
}
same_file() { cmp "$dir/got" "$dir/web/file" || fail "$1 got another file"; }
with_login=(--proxy-user "$(<"$dir/login")")

say "curl by SOCKS5, with an address and with a name that the client resolves"
equal "socks5" "$(by_curl "http://$web/file" --socks5 "$exit" "${with_login[@]}")" "0 000/200"
same_file socks5
equal "socks5-hostname" "$(by_curl "http://localhost:$web_port/file" --socks5-hostname "$exit" "${with_login[@]}")" "0 000/200"
same_file socks5-hostname

say "curl by HTTP: CONNECT, a URL, and a body"
equal "CONNECT" "$(by_curl "http://$web/file" -p -x "http://$exit" "${with_login[@]}")" "0 200/200"
same_file CONNECT
equal "a URL" "$(by_curl "http://$web/file" -x "http://$exit" "${with_login[@]}")" "0 000/200"
same_file "a URL"
equal "a body" "$(by_curl "http://$web/file" -x "http://$exit" "${with_login[@]}" --data-binary "@$dir/web/file")" "0 000/200"
same_file "a body"

say "this machine is not reached by an exit to all addresses"
programs[all]=1
start all "$FERROTUNNEL" exit --allow "0.0.0.0/0" --allow '*' --server "$control" --token-file "$dir/token" \
    --endpoint-file "$dir/all.endpoints" --control off
wait_for_services all 1
all=$(public_of all)
for address in 127.0.0.1 0.0.0.0 localhost; do
    equal "$address" "$(by_curl "http://$address:$web_port/file" -p -x "http://$all")" "56 403/000"
done
wait_for_text all "an exit refused a visitor.*no item of .allow. names it"

say "a wrong login, and none"
wrong=(--proxy-user 'me:wrong-password')
equal "SOCKS5, wrong" "$(by_curl "http://$web/file" --socks5 "$exit" "${wrong[@]}")" "97 000/000"
equal "SOCKS5, none" "$(by_curl "http://$web/file" --socks5 "$exit")" "97 000/000"
equal "HTTP, wrong" "$(by_curl "http://$web/file" -p -x "http://$exit" "${wrong[@]}")" "56 407/000"
equal "HTTP, none" "$(by_curl "http://$web/file" -x "http://$exit")" "0 000/407"
wait_for_text short "an exit refused a visitor.*wrong user name or password"
! grep -l -e 'wrong-password' -e 'pass word' "$dir"/short.{out,err} || fail "a password is in the log"

say "what is not allowed is refused, in each protocol's words"
equal "SOCKS5" "$(by_curl "http://10.1.2.3:$web_port/" --socks5 "$exit" "${with_login[@]}")" "97 000/000"
has_text "$dir/curl.said" "(2)"
equal "HTTP" "$(by_curl "http://10.1.2.3:$web_port/" -p -x "http://$exit" "${with_login[@]}")" "56 403/000"
equal "a URL" "$(by_curl "http://10.1.2.3/" -x "http://$exit" "${with_login[@]}")" "0 000/403"
equal "another port" "$(by_curl "http://127.0.0.1:1/" -x "http://$exit" "${with_login[@]}")" "0 000/403"
equal "a mapped address" "$(by_curl "http://[::ffff:10.1.2.3]:$web_port/" -x "http://$exit" "${with_login[@]}")" "0 000/403"
equal "nobody there" "$(by_curl "http://127.0.0.1:$closed_port/" -x "http://$exit" "${with_login[@]}")" "0 000/502"
wait_for_text short "an exit refused a visitor.*destination=10.1.2.3:$web_port why=\"the destination is not allowed\""
leave_it() {
    signal "$1" TERM
    join_ok "$1"
}
leave_it short

# --- a file, without users; one of them private -----------------------------------------------------------------------

cat >"$dir/exits.yml" <<END
client:
  server: $control
  token: file:$dir/token
  endpoint_file: $dir/file.endpoints
  services:
    - {name: named, tcp: 0, local: exit, allow: "*"}
    - {name: open, tcp: 0, local: exit, allow: ["127.0.0.1:$web_port,${ssh_port:-1}"]}
    - {name: hidden, tcp: private, local: exit, allow: "127.0.0.1"}
END
"$FERROTUNNEL" check "$dir/exits.yml" >"$dir/check.out" 2>&1 || fail "check: $(<"$dir/check.out")"
programs[file]=1
start file "$FERROTUNNEL" client --config "$dir/exits.yml"
wait_for_services file 3
named=$(awk '$2 ~ /^named/ { print $3 }' "$dir/file.endpoints")
open=$(awk '$2 ~ /^open/ { print $3 }' "$dir/file.endpoints")

say "a name that is allowed does not lead to this machine, however it is written"
for name in localhost LOCALHOST. ; do
    equal "$name" "$(by_curl "http://$name:$web_port/file" -x "http://$named")" "0 000/403"
done
equal "SOCKS5" "$(by_curl "http://localhost:$web_port/file" --socks5-hostname "$named")" "97 000/000"
wait_for_text file "resolves to addresses that are not allowed"
equal "an address is not a valid name" "$(by_curl "http://$web/file" -x "http://$named")" "0 000/403"
equal "where addresses are named" "$(by_curl "http://localhost:$web_port/file" -x "http://$open")" "0 000/200"
same_file "a name for an address that is allowed"

if ((has_ssh)) && nc -h 2>&1 | grep -q 'proxy_protocol'; then
    say "ssh by nc -X 5"
    by_ssh "$ssh_port" -o "ProxyCommand=nc -X 5 -x $open %h %p" || fail "ssh did not come through SOCKS5"
    by_ssh "$ssh_port" -o "ProxyCommand=nc -X connect -x $open %h %p" || fail "ssh did not come through CONNECT"
else
    say "left out: ssh by nc; one of the two is not here"
fi

say "visitors that say nothing are let go"
timeout 60 python3 - "$open" <<'END' || fail "a visitor that says nothing was kept"
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
s = socket.create_connection((host, int(port)))
s.settimeout(50)
s.sendall(b"\x05")
try:
    sys.exit(len(s.recv(100)))
except ConnectionResetError:
    pass
END

say "wrong words are told before anything runs"
for words in "--allow x..y" "" "--allow a.com:0" "--allow a.com --user me"; do
    code=0
    # shellcheck disable=SC2086
    "$FERROTUNNEL" exit $words --server "$control" --token-file "$dir/token" 2>"$dir/wrong.err" || code=$?
    equal "the exit code for \"$words\"" $code 2
done

# The port at which holders of a token reach TCP services by name, through HTTP CONNECT: with curl, ssh, socat and nc, and
# with those who have no right to it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/ssh_lib.sh"
need curl python3

# --- a server with two tokens, and a client of each -----------------------------------------------------------------

make_token
(umask 077 && "$FERROTUNNEL" token >"$dir/other_token")
start_connect_server() {
    start_server --connect-bind "$1" --token-file "$dir/other_token"
    connect=$(awk '$1 == "connect" { print $2 }' "$dir/server.endpoints")
    [[ -n $connect ]] || fail "the endpoint file has no line for connect"
}
start_connect_server 127.0.0.1:0
text_is_there server "CONNECT    $connect" || fail "the server does not say where CONNECT is"

mkdir "$dir/web"
head -c 3000000 /dev/urandom >"$dir/web/file"
web=127.0.0.1:$(free_port)
start web python3 -u -m http.server --directory "$dir/web" --bind "${web%:*}" "${web##*:}"
wait_for_port "$web" web
has_ssh=1
start_sshd || has_ssh=0
serve echo echo
echo=$backend

# client_of NAME TOKEN: with a public, a private and a UDP service.
client_of() {
    cat >"$dir/$1.yml" <<END
client:
  server: $control
  token: file:$2
  name: $1
  services:
    - {name: web, tcp: 0, local: $web}
    - {name: hidden, tcp: private, local: $web}
    - {name: echo, tcp: private, local: $echo}
    - {name: shell, tcp: private, local: "127.0.0.1:${ssh_port:-1}"}
    - {name: datagrams, udp: 0, local: $web}
END
    programs[$1]=1
    start "$1" "$FERROTUNNEL" client --config "$dir/$1.yml" --endpoint-file "$dir/$1.endpoints"
    wait_for_text server "hidden.*client $1"
    wait_for_text server "datagrams.*client $1"
}
client_of laptop "$dir/token"

# by_curl HOST TOKEN [OPTION...]: the status that the port answers, with the file that the service sends in $dir/got.
by_curl() {
    rm -f "$dir/got"
    printf 'proxy-user = "me:%s"\n' "$2" >"$dir/curl.conf"
    curl -s -K "$dir/curl.conf" -x "http://$connect" -p -o "$dir/got" -w '%{http_connect}' "${@:3}" "http://$1/file" || true
}

say "curl reaches a public and a private service by their names, and by their client's"
for host in web:80 hidden:80 HIDDEN:443 hidden.laptop:80 web.Laptop:1; do
    equal "$host" "$(by_curl "$host" "$token")" 200
    cmp "$dir/got" "$dir/web/file" || fail "the file from $host is another one"
done

say "who has no token, a wrong one or another's gets nothing"
equal "without a token" "$(curl -s -x "http://$connect" -p -o /dev/null -w '%{http_connect}' "http://hidden:80/file" || true)" 407
equal "with a wrong one" "$(by_curl hidden:80 "ft1_wrong")" 407
equal "with another's" "$(by_curl hidden:80 "$(<"$dir/other_token")")" 404
equal "what is not there" "$(by_curl nothing:80 "$token")" 404
equal "what is not a TCP service" "$(by_curl datagrams:80 "$token")" 404
wait_for_text server "a CONNECT visitor was rejected.*service=hidden status=407"

say "the same name of another token is another service"
client_of other "$dir/other_token"
equal "one's own" "$(by_curl hidden.other:80 "$(<"$dir/other_token")")" 200
equal "the other's, by its client" "$(by_curl hidden.laptop:80 "$(<"$dir/other_token")")" 404

# --- the bytes of CONNECT itself --------------------------------------------------------------------------------------

basic=$(printf 'me:%s' "$token" | base64 -w 0)
# raw TEXT: sends it and prints what comes, until the port closes.
raw() { printf '%b' "$1" | timeout 60 python3 -c '
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
s = socket.create_connection((host, int(port)))
s.sendall(sys.stdin.buffer.read())
s.shutdown(socket.SHUT_WR)
while data := s.recv(65536):
    sys.stdout.buffer.write(data)
' "$connect"; }
head="CONNECT echo:7 HTTP/1.1\r\nHost: echo:7\r\nProxy-Authorization: Basic $basic\r\n\r\n"

say "what stands behind the head is the service's, and half-closes pass"
answer=$(raw "${head}early bytes")
equal "the answer" "${answer%%$'\r'*}" "HTTP/1.1 200 Connection established"
equal "the bytes" "${answer##*$'\n'}" "early bytes"

say "a head in single bytes"
answer=$(timeout 60 python3 - "$connect" "$basic" <<'END'
import socket, sys, time
host, port = sys.argv[1].rsplit(":", 1)
s = socket.create_connection((host, int(port)))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for byte in f"CONNECT echo:7 HTTP/1.0\r\nProxy-Authorization: basic {sys.argv[2]}\r\n\r\nabc".encode():
    s.send(bytes([byte]))
    time.sleep(0.002)
s.shutdown(socket.SHUT_WR)
got = b""
while data := s.recv(65536):
    got += data
print(got.decode().replace("\r\n", "|"))
END
)
equal "the answer" "$answer" "HTTP/1.1 200 Connection established||abc"

say "other requests, broken ones and large ones are answered"
status() { raw "$1" | head -1 | cut -d' ' -f2; }
equal "GET" "$(status 'GET http://web/ HTTP/1.1\r\nHost: web\r\n\r\n')" 405
equal "no port" "$(status 'CONNECT web HTTP/1.1\r\nHost: web\r\n\r\n')" 400
equal "a broken field" "$(status 'CONNECT web:1 HTTP/1.1\r\nHost: web:1\r\nA : b\r\n\r\n')" 400
equal "two credentials" "$(status "CONNECT web:1 HTTP/1.1\r\nHost: web:1\r\nProxy-Authorization: Basic $basic\r\nProxy-Authorization: Basic $basic\r\n\r\n")" 407
equal "broken credentials" "$(status 'CONNECT web:1 HTTP/1.1\r\nHost: web:1\r\nProxy-Authorization: Basic ***\r\n\r\n')" 407
equal "a large head" "$(status "CONNECT web:1 HTTP/1.1\r\nHost: web:1\r\nA: $(head -c 9000 /dev/zero | tr '\0' a)\r\n\r\n")" 431
equal "nothing" "$(raw '')" ""

say "as many as may wait for their head, and no more; those who are slow make room"
answer=$(timeout 100 python3 - "$connect" <<'END'
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
waiting = []
refused = None
for _ in range(65):
    s = socket.create_connection((host, int(port)))
    s.settimeout(60)
    s.sendall(b"CONN")
    waiting.append(s)
print(waiting[64].recv(100).split(b" ")[1].decode(), waiting[0].recv(100).split(b" ")[1].decode())
END
)
equal "the last one, and a slow one" "$answer" "429 408"

# --- real clients -----------------------------------------------------------------------------------------------------

if ((has_ssh)) && command -v socat >/dev/null; then
    say "ssh by socat"
    printf 'me:%s\n' "$token" >"$dir/credentials"
    chmod 600 "$dir/credentials"
    cat >"$dir/by_socat" <<END
#!/bin/sh
exec socat - "PROXY:${connect%:*}:\$1:\$2,proxyport=${connect##*:},proxyauth=\$(cat $dir/credentials)"
END
    chmod 755 "$dir/by_socat"
    by_ssh 22 -o "ProxyCommand=$dir/by_socat shell.laptop %p" || fail "ssh did not come through"
    equal "5 MB by ssh" "$(head -c 5000000 /dev/zero | ssh "${ssh_options[@]}" -o "ProxyCommand=$dir/by_socat shell %p" \
        "$(id -un)@127.0.0.1" 'wc -c' | tr -d ' ')" 5000000
fi
if ((has_ssh)) && nc -h 2>&1 | grep -q 'proxy_username'; then
    say "ssh by nc"
    # nc asks for the password at its terminal, which is ssh's: there is one here.
    cat >"$dir/by_nc.py" <<'END'
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
password = open(sys.argv[1], "rb").read().strip()
said, asked = b"", False
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:  # whoever had the terminal has ended
        break
    if not data:
        break
    said += data
    if not asked and b"assword" in said:
        asked = True
        os.write(terminal, password + b"\n")
print("asked" if asked else "not asked", "and came to", "from-the-other-side" if b"from-the-other-side" in said else said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
    through_nc=$(timeout 100 python3 "$dir/by_nc.py" "$dir/token" ssh "${ssh_options[@]}" \
        -o "ProxyCommand=nc -X connect -x $connect -P me shell.laptop %p" "$(id -un)@127.0.0.1" echo from-the-other-side) ||
        fail "ssh did not come through nc: $through_nc"
    equal "ssh through nc" "$through_nc" "asked and came to from-the-other-side"
else
    say "left out: ssh by nc; there is no sshd here, or no nc with -P"
fi
say "a service that has gone is not found, and its visitors are cut"
python3 -c '
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
s = socket.create_connection((host, int(port)))
s.sendall(sys.argv[2].encode().decode("unicode_escape").encode())
s.recv(100)
print("connected", flush=True)
s.settimeout(60)
try:
    print("end", s.recv(100))
except ConnectionResetError:
    print("reset")
' "$connect" "$head" >"$dir/cut.out" &
cut=$!
wait_until $patience "the visitor" file_has "$dir/cut.out" connected
signal laptop KILL
wait "$cut"
unset "programs[laptop]"
join laptop
equal "how it ended" "$(tail -1 "$dir/cut.out")" reset
wait_until $patience "the end of the service" eval '[[ $(by_curl hidden:80 "$token") == 404 ]]'

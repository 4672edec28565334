# One port for everything: clients, HTTP, HTTPS, TLS that passes untouched, SSH, and visitors who wait for the server to
# speak first.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/ssh_lib.sh"
need curl openssl python3
unset FERROTUNNEL_HTTP_BIND

make_authority ca
make_certificate app ca app.example.com
make_certificate own ca own.example.com
make_token
(umask 077 && "$FERROTUNNEL" token >"$dir/other_token")

mkdir "$dir/web"
head -c 3000000 /dev/urandom >"$dir/web/file"
web=127.0.0.1:$(free_port)
start web python3 -u -m http.server --directory "$dir/web" --bind "${web%:*}" "${web##*:}"
wait_for_port "$web" web
own=127.0.0.1:$(free_port)
start own openssl s_server -accept "$own" -cert "$dir/own.crt" -key "$dir/own.key" -www -quiet
wait_for_port "$own" own
has_ssh=1
start_sshd || has_ssh=0
serve speaker send:12 rest
speaker=$backend

port=$(free_port)
at=127.0.0.1:$port
# server_file KEYS...: lines of the section `server` behind those that all have.
server_file() {
    printf '%s\n' server: "  bind: $at" "  tcp_bind: 127.0.0.1" "  state_dir: $dir/state" \
        "  token: [{name: ops, secret: file:token}, {name: other, secret: file:other_token}]" \
        "  endpoint_file: $dir/server.endpoints" "  workers: 2" "$@" >"$dir/server.yml"
}
start_configured() {
    rm -f "$dir/server.endpoints"
    programs[server]=1
    start server "$FERROTUNNEL" server --config "$dir/server.yml"
    wait_until $patience "the server's endpoint file" endpoint_or_end server '^control '
    control=$(awk '$1 == "control" { print $2 }' "$dir/server.endpoints") || fail "the server did not start"
}
stop() {
    signal "$1" TERM
    join_ok "$1"
}

cat >"$dir/client.yml" <<END
client:
  server: $at
  token: file:token
  name: laptop
  services:
    - {http: app.example.com, local: $web}
    - {name: shell, tcp: private, local: "127.0.0.1:${ssh_port:-1}"}
    - {name: speaker, tcp: private, local: $speaker}
END
start_client_of() {
    local name before
    local -A earlier=()
    for name in app.example.com speaker shell; do
        earlier[$name]=$(count_of server "a service is reachable.*service=$name")
    done
    programs[client]=1
    start client "$FERROTUNNEL" client --config "$dir/client.yml"
    for name in app.example.com speaker shell; do
        before=${earlier[$name]}
        wait_until $patience "the service $name" count_is server "a service is reachable.*service=$name" $((before + 1))
    done
}

by_curl() { curl -sS --max-time 60 --cacert "$dir/ca.pem" --resolve "$2:$port:127.0.0.1" -o "$dir/got" -w '%{http_code}' "$1://$2:$port/file"; }
same_file() { cmp "$dir/got" "$dir/web/file" || fail "$1: another file"; }
# says TEXT: what comes of a visitor that sends this, and then waits.
says() {
    printf '%b' "$1" | timeout 60 python3 -c '
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
s = socket.create_connection((host, int(port)))
s.sendall(sys.stdin.buffer.read())
try:
    print(len(s.recv(12, socket.MSG_WAITALL)))
except ConnectionResetError:
    print("reset")
' "$at"
}

# --- all of them ------------------------------------------------------------------------------------------------------

say "all protocols on one port"
server_file "  http_bind: $at" "  https_bind: $at" "  https: {certificates: [{chain: $dir/app.crt, key: $dir/app.key}]}" \
    "  ssh_service: shell.laptop@ops" "  silent_service: speaker@ops"
start_configured
equal "what is told" "$(sort "$dir/server.endpoints" | tr '\n' ' ')" "control $at http $at https $at "
equal "descriptors that listen" "$(grep -c ": 0100007F:$(printf '%04X' "$port") 00000000:0000 0A" /proc/net/tcp)" 1
sed -i "\$a\\    - {tls: own.example.com, local: $own}" "$dir/client.yml"
start_client_of
wait_for_text server "a service is reachable.*service=tls:own.example.com"
equal "HTTP" "$(by_curl http app.example.com)" 200
same_file HTTP
equal "HTTPS" "$(by_curl https app.example.com)" 200
same_file HTTPS
equal "TLS untouched" "$(curl -sS --max-time 60 --cacert "$dir/ca.pem" --resolve "own.example.com:$port:127.0.0.1" \
    -o /dev/null -w '%{http_code}' "https://own.example.com:$port/")" 200
equal "who waits for the server" "$(says '')" 12
if ((has_ssh)); then
    by_ssh "$port" || fail "ssh did not come through"
    equal "5 MB by ssh" "$(head -c 5000000 /dev/zero | ssh "${ssh_options[@]}" -p "$port" "$(id -un)@127.0.0.1" 'wc -c' |
        tr -d ' ')" 5000000
fi
equal "a method that begins like SSH" "$(says 'SSEARCH / HTTP/1.1\r\nHost: app.example.com\r\n\r\n')" 12
equal "what is nothing of all that" "$(says '\x04\x01\x00\x50')" 12

say "bytes that come one by one"
equal "HTTP and SSH" "$(timeout 60 python3 - "$at" <<'END'
import socket, sys, time
host, port = sys.argv[1].rsplit(":", 1)
said = []
for text in b"GET /file HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n", b"SSH-2.0-slow\r\n":
    s = socket.create_connection((host, int(port)))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in text:
        s.send(bytes([byte]))
        time.sleep(0.01)
    said.append(s.recv(4, socket.MSG_WAITALL).decode() if text[0] == ord("G") else "SSH-")
print(*said)
END
)" "HTTP SSH-"

say "another token's service of the same name gets nobody"
cat >"$dir/rival.yml" <<END
client:
  server: $at
  token: file:other_token
  name: laptop
  services: [{name: speaker, tcp: private, local: $web}, {name: shell, tcp: private, local: $web}]
END
programs[rival]=1
start rival "$FERROTUNNEL" client --config "$dir/rival.yml"
wait_for_text server "client=laptop token=other"
wait_until $patience "the rival's services" count_is server "a service is reachable.*service=shell" 2
for i in 1 2 3 4; do
    equal "visitor $i" "$(says '')" 12
done
equal "what the rival got" "$(count_of rival 'info  a visitor')" 0
stop rival

say "a service that is away: its visitors are reset, and the others notice nothing"
stop client
equal "SSH" "$(says 'SSH-2.0-x\r\n')" reset
equal "silence" "$(says '')" reset
wait_for_text server "a visitor was rejected.*service=speaker@ops"
equal "HTTP" "$(by_curl http app.example.com || true)" 503
start_client_of
equal "HTTP again" "$(by_curl http app.example.com)" 200
stop client
stop server

# --- some of them -----------------------------------------------------------------------------------------------------

say "clients and plain HTTP"
sed -i '/own.example.com/d' "$dir/client.yml"
server_file "  http_bind: $at"
start_configured
start_client_of
equal "HTTP" "$(by_curl http app.example.com)" 200
equal "TLS that is nobody's" "$({ openssl s_client -connect "$at" -servername app.example.com </dev/null 2>&1 || true; } |
    sed -n 's/.*SSL alert number \([0-9]*\).*/\1/p')" 112
equal "SSH, which nothing is there for, is not valid HTTP" "$(says 'SSH-2.0-x\r\n\r\n')" 12
stop client
stop server

say "HTTP and HTTPS"
http=127.0.0.1:$(free_port)
server_file "  http_bind: $http" "  https_bind: $http" "  https: {certificates: [{chain: $dir/app.crt, key: $dir/app.key}], redirect: on}"
start_configured
start_client_of
port=${http##*:}
equal "HTTPS" "$(by_curl https app.example.com)" 200
equal "HTTP is sent to HTTPS" "$(by_curl http app.example.com)" 308
stop client
stop server

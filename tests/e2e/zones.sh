# Link-local addresses with their zone: the server listens on one, the client connects to it and to a backend on one.
source "$(dirname "$0")/lib.sh"
need python3 ip unshare
alone="ip link set lo up && ip addr add fe80::1/64 dev lo nodad"
unshare --net --map-root-user bash -c "$alone" 2>/dev/null || skip "no network of its own is allowed here"

make_token
cat >"$dir/backend.py" <<'END'
import socket
one = socket.socket(socket.AF_INET6)
one.bind(("fe80::1", 9000, 0, socket.if_nametoindex("lo")))
one.listen()
while True:
    visitor, _ = one.accept()
    visitor.sendall(b"hello by zone")
    visitor.close()
END
cat >"$dir/visitor.py" <<'END'
import socket, time
deadline = time.monotonic() + 60
said = b""
while said != b"hello by zone" and time.monotonic() < deadline:
    try:
        said = socket.create_connection(("127.0.0.1", 2222)).recv(100)
    except OSError:
        time.sleep(0.1)
print(said.decode())
END
cat >"$dir/inside.sh" <<END
$alone || exit 1
python3 "$dir/backend.py" & backend=\$!
"$FERROTUNNEL" server --token-file "$dir/token" --bind "[fe80::1%lo]:7835" --state-dir "$dir/state" >"$dir/server.out" 2>&1 &
server=\$!
"$FERROTUNNEL" client --server "[fe80::1%lo]:7835" --token-file "$dir/token" --tcp "2222=[fe80::1%lo]:9000" >"$dir/client.out" 2>&1 &
client=\$!
python3 "$dir/visitor.py"
kill \$client && wait \$client; echo "client \$?"
kill \$server && wait \$server; echo "server \$?"
kill \$backend
END
unshare --net --map-root-user bash "$dir/inside.sh" >"$dir/inside.out" 2>&1 || fail "$(<"$dir/inside.out")"
has_text "$dir/inside.out" "^hello by zone"
has_text "$dir/inside.out" "^client 0"
has_text "$dir/inside.out" "^server 0"

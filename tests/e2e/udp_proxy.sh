# The backend of a UDP service is told who its visitors are: PROXY v2 in front of the first datagram, or of each.
source "$(dirname "$0")/lib.sh"
need python3

cat >"$dir/backend.py" <<'END'
"""Answers DNS questions with the address and port that a PROXY header has in front of them (as TXT), or with "none", and
anything else with that text."""
import socket, struct
signature = b"\r\n\r\n\0\r\nQUIT\n"
known = {}  # what the first datagram of a port has said
here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.bind(("127.0.0.1", 0))
print("port", here.getsockname()[1], flush=True)
while True:
    data, peer = here.recvfrom(65536)
    said = "none"
    if data.startswith(signature):
        command, family, size = struct.unpack(">BBH", data[12:16])
        assert command == 0x21 and family == 0x12 and size >= 12, (command, family, size)
        source = ".".join(str(byte) for byte in data[16:20])
        to = ".".join(str(byte) for byte in data[20:24])
        ports = struct.unpack(">HH", data[24:28])
        assert (to, ports[1]) == here.getsockname(), (to, ports)
        said = f"{source}:{ports[0]}"
        data = data[16 + size :]
    if data[2:6] in (b"\x01\x00\0\1", b"\x01\x20\0\1"):
        text = said.encode()
        end = data.index(b"\0", 12) + 5
        head = data[:2] + struct.pack(">HHHHH", 0x8580, 1, 1, 0, 0)
        data = head + data[12:end] + b"\xc0\x0c" + struct.pack(">HHIHB", 16, 1, 60, len(text) + 1, len(text)) + text
    else:
        data = f"{said} {len(data)}".encode()
    here.sendto(data, peer)
END
start backend python3 "$dir/backend.py"
wait_for_text backend "^port "
backend_port=$(awk '$1 == "port" { print $2 }' "$dir/backend.out")

start_server
cat >"$dir/client.yml" <<END
client:
  server: $control
  token: file:$dir/token
  tls: $tls
  endpoint_file: $dir/client.endpoints
  services:
    - {name: first, udp: 0, local: "127.0.0.1:$backend_port", proxy_protocol: v2}
    - {name: each, udp: 0, local: "127.0.0.1:$backend_port", proxy_protocol: v2, proxy_each: on}
END
programs[client]=1
start client "$FERROTUNNEL" client --config "$dir/client.yml"
wait_for_services client 2
port_of() { awk -v name="$1" '$2 == name { sub(/.*:/, "", $3); print $3 }' "$dir/client.endpoints"; }

# asked PORT SIZE...: from one socket, its own address and then what each answer says; again until one has come.
asked() {
    python3 -c '
import socket, sys
here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.settimeout(5)
here.connect(("127.0.0.1", int(sys.argv[1])))
print("%s:%d" % here.getsockname(), end="")
for size in map(int, sys.argv[2:]):
    for _ in range(12):
        here.send(b"x" * size)
        try:
            print("", here.recv(65536).decode().replace("%s:%d" % here.getsockname(), "me"), end="")
            break
        except TimeoutError:
            print(" nothing", end="")
print()
' "$@" | cut -d " " -f 2-
}

say "in front of the first datagram of a visitor"
equal "what the backend was told" "$(asked "$(port_of first)" 5 0 1200 65507)" "me 5 none 0 none 1200 none 65507"
say "and of the next visitor's"
equal "what the backend was told" "$(asked "$(port_of first)" 65479 1)" "me 65479 none 1"
say "in front of each"
equal "what the backend was told" "$(asked "$(port_of each)" 5 0 65479)" "me 5 me 0 me 65479"

if command -v dig >/dev/null; then
    say "dig is told its own address"
    said=$(dig +short +timeout=5 +tries=12 -b 127.0.0.1#"$(free_port)" @127.0.0.1 -p "$(port_of each)" a.example.com TXT)
    [[ $said =~ ^\"127\.0\.0\.1:[0-9]+\"$ ]] || fail "dig was told $said"
fi

check_alive

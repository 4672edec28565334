# A QR code of the URL, as a camera reads it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need python3

serve_http backend
server_bind=127.0.0.1:$(free_port)
http_at=127.0.0.1:$(free_port)
start_server --http-bind "$http_at"
programs[client]=1
start client "$FERROTUNNEL" http "$backend" --host app.test --qr --server "$control" --token-file "$dir/token" \
    --endpoint-file "$dir/client.endpoints" --reconnect-max 1
wait_for_services client 1
wait_for_text client '^  http://app.test:'
url=$(awk '$1 ~ /^http:/ { print $1; exit }' "$dir/client.out")

# code_of NAME: its QR code as a picture, light where the terminal draws, each module 8 points wide.
code_of() {
    python3 - "$dir/$1.out" "$dir/$1.pgm" <<'END'
import sys

drawn = {"\u2588": (255, 255), "\u2580": (255, 0), "\u2584": (0, 255), " ": (0, 0)}
lines = [line[2:].rstrip("\n") for line in open(sys.argv[1], encoding="utf-8") if line.startswith(("  \u2588", "  \u2580"))]
rows = [[drawn[char][half] for char in line] for line in lines for half in (0, 1)]
if len({len(row) for row in rows}) != 1 or abs(len(rows) - len(rows[0])) > 1:
    sys.exit(f"no square: {[len(row) for row in rows]}")
with open(sys.argv[2], "wb") as picture:
    picture.write(b"P5 %d %d 255\n" % (8 * len(rows[0]), 8 * len(rows)))
    for row in rows:
        picture.write(bytes(point for point in row for _ in range(8)) * 8)
END
}

say "the code below the URL"
code_of client
if command -v zbarimg >/dev/null; then
    equal "what a reader sees" "$(zbarimg -q --raw "$dir/client.pgm" 2>/dev/null)" "$url"
    say "a reader sees it"
fi

say "it is shown once, also when the connection comes back"
before=$(grep -c '█' "$dir/client.out")
kill_now server
wait_for_text client 'lost the connection'
start_server --http-bind "$http_at"
wait_until $patience "the URL again" count_is client '^  http://app.test:' 2
equal "lines of codes" "$(grep -c '█' "$dir/client.out")" "$before"

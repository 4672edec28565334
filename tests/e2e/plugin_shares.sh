# The plugin `hooks` with a slow endpoint, and a flood of visitors at one token's port that keeps the queue full: visitors
# of another token's port are let in, one after another.
source "$(dirname "$0")/lib.sh"
need curl python3
[[ -e $FERROTUNNEL_PLUGINS/hooks.so ]] || skip "the plugin hooks is not built"

cat >"$dir/endpoint.py" <<'END'
import sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *arguments):
        pass
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(0.2)
        body = b'{"decision": "accept"}'
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
END
cat >"$dir/flood.py" <<'END'
# Visitors who come again as soon as they are rejected or served: PORT COUNT.
import asyncio, sys
async def visitor():
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
            writer.write(b"nonsense\r\n\r\n")
            await reader.read(1)
            writer.close()
        except OSError:
            pass
        await asyncio.sleep(0.01)
async def main():
    await asyncio.gather(*(visitor() for _ in range(int(sys.argv[2]))))
asyncio.run(main())
END
mkdir "$dir/web"
echo here >"$dir/web/page"
start web python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$dir/web"
wait_for_text web 'Serving HTTP'
web=127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$dir/web.out")
start endpoint python3 "$dir/endpoint.py"
wait_until $patience "the endpoint" test -s "$dir/endpoint.out"

cat >"$dir/server.yml" <<END
server:
  plugins:
    wait_timeout: 5m
    chain:
      - hooks:
          {url: "http://127.0.0.1:$(<"$dir/endpoint.out")/", events: [connect], timeout: 4m, connections: 4, queue: 60}
END
(umask 077 && "$FERROTUNNEL" token >"$dir/quiet.token")
start_server --config "$dir/server.yml" --token-file "$dir/quiet.token" --log-level info
ready_client noisy 1 --tcp "0=$web" --connections 1
client_token=$dir/quiet.token ready_client quiet 1 --tcp "0=$web" --connections 1
noisy=$(public_of noisy)
quiet=$(public_of quiet)

say "a flood keeps the queue full"
start flood python3 "$dir/flood.py" "${noisy##*:}" 300
wait_for_text server 'there is no decision from .*too many requests wait'

say "visitors of another token come in"
for i in {1..10}; do
    equal "visitor $i" "$(curl -sS --max-time 120 "http://$quiet/page" 2>&1 || true)" here
done
kill_now flood
check_alive

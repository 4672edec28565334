# What the tests of the HTTP edge have in common; sourced behind lib.sh.
#
# shellcheck shell=bash

# start_edge [OPTION...]: a server whose HTTP address is then in $edge. Its port is none that the system gives out: it must
# not be one that a service had before the server was restarted, and asks for again.
start_edge() {
    start_server --http-bind "127.0.0.1:$(free_port)" "$@"
    wait_until $patience "the server's HTTP endpoint" endpoint_or_end server '^http '
    edge=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
}

# ask HOST PATH [CURL OPTION...]: prints the body.
ask() {
    local host=$1 path=$2
    shift 2
    curl -sS --max-time 120 -H "Host: $host" "$@" "http://$edge$path"
}

# status_of HOST PATH [CURL OPTION...]: "404 unknown_host", the status and X-FerroTunnel-Error.
status_of() {
    local host=$1 path=$2
    shift 2
    ask "$host" "$path" -o /dev/null -D "$dir/head" -w '%{http_code}' "$@"
    awk 'tolower($1) == "x-ferrotunnel-error:" { printf " %s", $2 }' "$dir/head" | tr -d '\r'
}

status_is() { [[ $(status_of "$1" "$2") == "$3"* ]]; }

# serve_http NAME: tools/http_peer as a backend; its address is then in $backend.
serve_http() {
    local name=$1
    rm -f "$dir/$name.port"
    start "$name" "$E2E_TOOLS/http_peer" serve "$dir/$name.port"
    wait_until $patience "the port of $name" test -s "$dir/$name.port"
    backend=127.0.0.1:$(<"$dir/$name.port")
}

# start_nginx [LINE...]: nginx with a small page and a place for uploads in $dir/www, and these lines in its server block.
# Its address is then in $nginx, and its log has a line for each request, the number of its connection first.
start_nginx() {
    local port
    port=$(free_port)
    nginx=127.0.0.1:$port
    mkdir -p "$dir/www/up" "$dir/nginx"
    echo "a small page" >"$dir/www/index.html"
    cat >"$dir/nginx.conf" <<CONF
daemon off;
pid $dir/nginx/pid;
error_log $dir/nginx/error.log;
$( ((EUID != 0)) || echo "user root;")
worker_rlimit_nofile 8192;
events { worker_connections 4096; } # requests that waited for a client come all at once: a hundred for each second
http {
    log_format connections '\$connection \$request_method';
    access_log $dir/nginx/access.log connections;
    client_max_body_size 0;
    client_body_temp_path $dir/nginx/body;
    proxy_temp_path $dir/nginx/proxy;
    fastcgi_temp_path $dir/nginx/fastcgi;
    uwsgi_temp_path $dir/nginx/uwsgi;
    scgi_temp_path $dir/nginx/scgi;
    server {
        listen $nginx;
        root $dir/www;
        location /up/ { dav_methods PUT; }
        $(printf '%s\n' "$@")
    }
}
CONF
    start nginx nginx -p "$dir/nginx" -e "$dir/nginx/error.log" -c "$dir/nginx.conf"
    on_end '[[ ! -s $dir/nginx/pid ]] || kill "$(<"$dir/nginx/pid")" 2>/dev/null; wait_until $patience "the end of nginx" has_ended nginx'
    wait_for_port "$nginx" nginx
}

# serve_mishaps NAME [PORT]: tools/http_mishaps as a backend; its address is then in $backend.
serve_mishaps() {
    local name=$1
    rm -f "$dir/$name.port"
    start "$name" "$E2E_TOOLS/http_mishaps" serve "$dir/$name.port" "${@:2}"
    wait_until $patience "the port of $name" test -s "$dir/$name.port"
    backend=127.0.0.1:$(<"$dir/$name.port")
}

# talk STEP...: a visitor that sends exactly this; what it got is printed.
talk() { "$E2E_TOOLS/http_mishaps" talk "$edge" "$@"; }

# raw_from ADDRESS BYTES: sends exactly this, in which \r and their like stand for bytes, from that address of ours; what came
# until the end of the connection is printed.
raw_from() {
    python3 - "$edge" "$1" "$2" <<'END'
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
with socket.create_connection((host, int(port)), 60, (sys.argv[2], 0)) as visitor:
    visitor.sendall(sys.argv[3].encode().decode("unicode_escape").encode("latin-1"))
    visitor.settimeout(60)
    while part := visitor.recv(65536):
        sys.stdout.buffer.write(part)
END
}
# serve_node NAME: node/backend.mjs as a backend; its address is then in $backend. With need_ws also for WebSockets.
serve_node() {
    local name=$1
    rm -f "$dir/$name.port"
    start "$name" node "$E2E_SOURCE/node/backend.mjs" "$dir/$name.port" ${ws:+"$ws"}
    wait_until $patience "the port of $name" test -s "$dir/$name.port"
    backend=127.0.0.1:$(<"$dir/$name.port")
}

# What ask_steadily.py asks, which is the process `ask`: some more has come; and whatever was asked until now is answered,
# since a request that is lost with its client is asked again, but only so often.
more_requests() { wait_until $patience "more requests" count_is ask '^asked' $(($(count_of ask '^asked') + 1)); }
all_answered() { wait_until $patience "answers" oldest_is $((50 * ($(count_of ask '^asked') + 1))); }
oldest_is() { (($(sed -n 's/^asked .* oldest //p' "$dir/ask.out" | tail -n 1) >= $1)); }

# need_ws: the WebSockets of Node's ws, whose folder is then in $ws: Debian's node-ws where that is installed, otherwise
# npm's, which is put beside the tools once for all tests.
ws=
need_ws() {
    need node
    ws=/usr/share/nodejs/ws
    if node -e 'require(process.argv[1])' "$ws" 2>/dev/null; then
        return
    fi
    command -v npm >/dev/null || skip "there is neither node-ws nor npm"
    need_npm ws 8.23.0
    ws=$npm/ws
}

# need_npm NAME VERSION: a package of npm's, which is put beside the tools once for all tests, in $npm, and into $node_path
# with those that were needed before. Each has a folder of its own: what another one depends on would replace it there.
npm=
need_npm() {
    need node npm flock
    local folder=$E2E_TOOLS/../npm/$1-$2
    npm=$folder/node_modules
    node_path=${node_path:+$node_path:}$npm
    mkdir -p "$folder"
    # shellcheck disable=SC2016
    flock -w 200 "$folder/lock" bash -c '
        [[ -f $1/node_modules/$2/package.json ]] && exit 0
        exec timeout 90 npm install --prefix "$1" --ignore-scripts --no-audit --no-fund --no-update-notifier \
            --fetch-retries 1 --fetch-timeout 30000 "$2@$3"' - "$folder" "$1" "$2" </dev/null >"$dir/npm.log" 2>&1 ||
        skip "npm cannot get $1"
}

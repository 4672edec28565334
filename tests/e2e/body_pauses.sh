# Uploads that pause, and streams that are silent in both directions, reach their end. A visitor that only pretends to
# upload is cut, although it is never silent for long.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"

visitors=$E2E_SOURCE/body_pauses.py
start backend python3 "$visitors" --backend "$dir/backend.port"
wait_until $patience "the port of the backend" test -s "$dir/backend.port"
backend=127.0.0.1:$(<"$dir/backend.port")

# all_are_ok PAUSE VISITOR...: all of them at once.
all_are_ok() {
    local visitor
    python3 "$visitors" "$edge" app.example.com "$@" >"$dir/visitors"
    shift
    for visitor in "$@"; do
        equal "$visitor" "$(grep "^$visitor " "$dir/visitors")" "$visitor ok"
    done
}

say "12 s of silence, as the settings are by default"
cat >"$dir/server.yml" <<YAML
server: {http: {h2c: on}}
YAML
start_edge --config "$dir/server.yml"
ready_client client 1 --http "app.example.com=$backend"
all_are_ok 12 upload-http1 upload-http2 stream-http1 stream-http2

say "longer than body_grace: streams that have their answer, and types that are streams; others are cut"
kill_now client
kill_now server
cat >"$dir/server.yml" <<YAML
server: {http: {h2c: on, body_grace: 4s}}
YAML
start_edge --config "$dir/server.yml"
ready_client client 1 --http "app.example.com=$backend"
all_are_ok 9 stream-http1 stream-http2 call-http1 call-http2
say "a byte each second"
all_are_ok 1 slow-http1 slow-http2

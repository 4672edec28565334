# An edge whose backend is another edge: what the first one adds to a request is not too much for the second one.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl

serve_http backend
start_edge
inner=$edge
ready_client near 1 --http "app.test=$backend"
server_name=outer server_bind=127.0.0.1:$(free_port) start_server --http-bind "127.0.0.1:$(free_port)"
wait_until $patience "the outer edge" endpoint_or_end outer '^http '
edge=$(awk '$1 == "http" { print $2 }' "$dir/outer.endpoints")
ready_client far 1 --http "app.test=$inner"

# with FIELDS: the status of a request that has so many fields; three of them are curl's own.
with() {
    local more=() i
    for ((i = 3; i < $1; ++i)); do
        more+=(-H "X-Of-Visitor-$i: y")
    done
    status_of app.test / "${more[@]}"
}
equal "a request of 100 fields" "$(with 100)" 200
equal "one of 101 fields" "$(with 101)" "431 too_many_fields"

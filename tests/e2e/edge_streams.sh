# What must not wait or be taken apart at the HTTP edge: upgraded connections, server-sent events, long polls; and many
# visitors at once who never see one another's answers.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl

serve_http backend
start_edge
ready_client client 2 --http "app.example.com=$backend" --http "*.crowd.example.com=$backend"
peer=$E2E_TOOLS/http_peer

say "an upgrade, and a megabyte there and back"
result=$("$peer" upgrade "$edge" app.example.com 1048576)
equal "the echo" "$(value same "$result")" yes

say "events come one by one"
# Each is sent when the one before was confirmed: whoever keeps one back never gets the next.
result=$(timeout $patience "$peer" events "$edge" app.example.com 20)
equal "events" "$(value events "$result")" 20

say "a long poll"
equal "an answer after a second" "$(ask app.example.com /sleep/1000)" "awake"

say "20 visitors at once, each at a host of its own"
result=$("$peer" visitors "$edge" 20 "$(by_size 100 2000)" crowd.example.com)
say "$result"
equal "answers that belong to somebody else" "$(value wrong "$result")" 0
equal "requests that failed" "$(value failed "$result")" 0
at_most "connections to the backend" "$(count_of backend '^connection ')" 60

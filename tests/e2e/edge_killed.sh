# kill -9 of a tunnel's client, with 20 visitors at it and 20 at another tunnel, all on connections that they keep: a POST
# that was in flight fails; all else waits until the client is back; and the other tunnel's visitors notice nothing.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"

visitors=20
serve_mishaps backend_a
a=$backend
serve_mishaps backend_b
b=$backend
cat >"$dir/patient.yml" <<END
server:
  http: {hold: 60s}
END
start_edge --config "$dir/patient.yml"
ready_client client_a 1 --http "a.example.com=$a"
ready_client client_b 1 --http "b.example.com=$b"

for name in a b; do
    start "visitors_$name" "$E2E_TOOLS/http_mishaps" steady "$edge" "$name.example.com" $visitors "$dir/stop"
done
wait_until $patience "requests at a" count_is backend_a '^head ' 1000
wait_until $patience "requests at b" count_is backend_b '^head ' 1000

say "kill -9 of one client"
kill_now client_a
seen=$(count_of backend_b '^head ')
wait_until $patience "more requests at b" count_is backend_b '^head ' $((seen + 1100))
# The times of these lines are kept: this test once took 11 s, where it takes one, and nobody knows of which part.
say "the other tunnel's visitors continue"
seen=$(count_of backend_a '^head ')
ready_client client_a 1 --http "a.example.com=$a"
say "the client is back"
wait_until $patience "more requests at a" count_is backend_a '^head ' $((seen + 1100))
say "its visitors continue"
touch "$dir/stop"
join_ok visitors_a
join_ok visitors_b
say "all visitors have their answers"

result_a=$(tail -n 1 "$dir/visitors_a.out")
result_b=$(tail -n 1 "$dir/visitors_b.out")
say "a: $result_a"
say "b: $result_b"
at_most "requests of a that were lost in flight" "$(value lost "$result_a")" $visitors
at_least "requests of a that were answered" "$(value right "$result_a")" 2000
for outcome in wrong away other broken; do
    equal "$outcome answers at a" "$(value $outcome "$result_a")" 0
done
for outcome in wrong lost away other broken; do
    equal "$outcome answers at b" "$(value $outcome "$result_b")" 0
done

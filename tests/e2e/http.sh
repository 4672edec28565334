# curl and nginx: a large file down and up, byte for byte, several at once, and keep-alive connections.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx sha256sum

size=$(by_size 64 1024)  # MiB
start_nginx
head -c "${size}M" /dev/urandom >"$dir/www/large"

start_server --busy-poll 50 # what comes in quick succession is looked for before a thread sleeps
ready_client client 1 --busy-poll 50 --tcp "0=$nginx"
url=http://$(public_of client)
fetch() { curl -sS --fail --max-time 600 "$@"; }
sum() { sha256sum | cut -d ' ' -f 1; }

say "a page"
equal page "$(fetch "$url/")" "a small page"

say "$size MiB down"
expected=$(sum <"$dir/www/large")
equal "SHA-256 of the download" "$(fetch "$url/large" | sum)" "$expected"

say "$size MiB up"
fetch -T "$dir/www/large" "$url/up/large" -o "$dir/put.out" -w 'HTTP %{http_code}\n' >"$dir/curl.out"
has_text "$dir/curl.out" "HTTP 201"
equal "SHA-256 of the upload" "$(sum <"$dir/www/up/large")" "$expected"
rm "$dir/www/up/large"

say "eight at once: four down, four up"
tail -c 8M "$dir/www/large" >"$dir/www/medium"
expected=$(sum <"$dir/www/medium")
one() {
    local number=$1
    equal "download $number" "$(fetch "$url/medium" | sum)" "$expected"
}
for number in {1..4}; do
    start "down$number" one "$number"
    start "up$number" fetch -T "$dir/www/medium" "$url/up/$number" -o "$dir/put$number.out"
done
for number in {1..4}; do
    join_ok "down$number"
    join_ok "up$number"
    equal "upload $number" "$(sum <"$dir/www/up/$number")" "$expected"
done

say "a hundred requests on one connection, then one connection each"
pages=()
for number in {1..100}; do
    pages+=("$url/index.html")
done
equal pages "$(fetch "${pages[@]}" | sort | uniq -c | tr -s ' ')" " 100 a small page"
equal pages "$(fetch -H 'Connection: close' "${pages[@]}" | sort | uniq -c | tr -s ' ')" " 100 a small page"

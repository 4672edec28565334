# The HTTP edge between curl and nginx, and Python's server: requests of all kinds, large bodies both ways by their
# hashes, and few connections to the backend for many visitors.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx python3 sha256sum

size=$(by_size 64 1024 256)  # MiB
python_port=$(free_port)
start_nginx 'location /who { return 200 "$http_host $http_x_forwarded_for $http_x_forwarded_proto\n"; }'
head -c "${size}M" /dev/urandom >"$dir/www/large"
start python python3 -m http.server "$python_port" --bind 127.0.0.1 --directory "$dir/www"
wait_for_port "127.0.0.1:$python_port" python

start_edge
ready_client client 2 --http "app.example.com=$nginx" --http "python.example.com=127.0.0.1:$python_port"
sum() { sha256sum | cut -d ' ' -f 1; }

say "pages, from nginx and from Python's server, which speaks HTTP/1.0"
equal page "$(ask app.example.com /)" "a small page"
equal page "$(ask python.example.com /)" "a small page"
equal "the host without its port, in capitals" "$(ask APP.example.COM:80 /)" "a small page"
equal "what the backend is told" "$(ask app.example.com /who -H 'X-Forwarded-For: 6.6.6.6')" \
    "app.example.com 127.0.0.1 http"
equal "a missing page" "$(status_of app.example.com /missing)" "404"
equal "HEAD" "$(ask app.example.com /large -I | awk 'tolower($1) == "content-length:" { print $2 + 0 }')" \
    "$((size * 1024 * 1024))"

say "$size MiB down"
expected=$(sum <"$dir/www/large")
equal "SHA-256 of the download" "$(ask app.example.com /large --max-time 600 | sum)" "$expected"
equal "SHA-256 of the download from Python" "$(ask python.example.com /large --max-time 600 | sum)" "$expected"

say "$size MiB up, by its length and in chunks"
for encoding in "Content-Length:" "Transfer-Encoding: chunked"; do
    options=()
    [[ $encoding == Content* ]] || options=(-H "$encoding")
    ask app.example.com /up/large -T "$dir/www/large" "${options[@]}" --max-time 600 -o "$dir/put.out" \
        -w 'HTTP %{http_code}\n' >"$dir/curl.out"
    has_text "$dir/curl.out" "HTTP 20"
    equal "SHA-256 of the upload" "$(sum <"$dir/www/up/large")" "$expected"
    rm "$dir/www/up/large"
done

say "eight at once: four down, four up"
head -c 8M "$dir/www/large" >"$dir/www/medium"
expected=$(sum <"$dir/www/medium")
one() { equal "download $1" "$(ask app.example.com /medium | sum)" "$expected"; }
for number in {1..4}; do
    start "down$number" one "$number"
    start "up$number" ask app.example.com "/up/$number" -T "$dir/www/medium" -o "$dir/put$number.out"
done
for number in {1..4}; do
    join_ok "down$number"
    join_ok "up$number"
    equal "upload $number" "$(sum <"$dir/www/up/$number")" "$expected"
done

say "a hundred requests on one connection, then one connection each: few reach the backend"
: >"$dir/nginx/access.log"
kill -USR1 "$(<"$dir/nginx/pid")"
url=http://$edge/
pages=()
for _ in {1..100}; do
    pages+=("$url")
done
fetch() { curl -sS --fail --max-time 60 -H 'Host: app.example.com' "$@"; }
equal pages "$(fetch "${pages[@]}" | sort | uniq -c | tr -s ' ')" " 100 a small page"
equal pages "$(fetch -H 'Connection: close' "${pages[@]}" | sort | uniq -c | tr -s ' ')" " 100 a small page"
all_are_logged() { (($(wc -l <"$dir/nginx/access.log") >= 200)); }
wait_until $patience "200 lines of nginx" all_are_logged
at_most "connections to nginx" "$(cut -d ' ' -f 1 "$dir/nginx/access.log" | sort -u | wc -l)" 10

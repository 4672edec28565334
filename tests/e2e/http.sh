# curl and nginx: a large file down and up, byte for byte, several at once, and keep-alive connections.
source "$(dirname "$0")/lib.sh"
need curl nginx sha256sum

size=$(by_size 64 1024)  # MiB
port=$(free_port)
mkdir -p "$dir/www/up" "$dir/nginx"
head -c "${size}M" /dev/urandom >"$dir/www/large"
echo "a small page" >"$dir/www/index.html"
cat >"$dir/nginx.conf" <<CONF
daemon off;
pid $dir/nginx/pid;
error_log $dir/nginx/error.log;
$( ((EUID != 0)) || echo "user root;")
events { worker_connections 512; }
http {
    access_log off;
    client_max_body_size 0;
    client_body_temp_path $dir/nginx/body;
    proxy_temp_path $dir/nginx/proxy;
    fastcgi_temp_path $dir/nginx/fastcgi;
    uwsgi_temp_path $dir/nginx/uwsgi;
    scgi_temp_path $dir/nginx/scgi;
    server {
        listen 127.0.0.1:$port;
        root $dir/www;
        location /up/ { dav_methods PUT; }
    }
}
CONF
start nginx nginx -p "$dir/nginx" -e "$dir/nginx/error.log" -c "$dir/nginx.conf"
on_end '[[ ! -s $dir/nginx/pid ]] || kill "$(<"$dir/nginx/pid")" 2>/dev/null; wait_until 10 "the end of nginx" has_ended nginx'
wait_for_port "127.0.0.1:$port" nginx

start_server
ready_client client 1 --tcp "0=127.0.0.1:$port"
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

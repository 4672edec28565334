# The settings of the HTTP edge from a configuration file: pages of the operator's own for each state a visitor can meet,
# limits of heads, trusted proxies, and how many lines a scanner leaves in the log.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx

mkdir "$dir/pages"
echo '<p>nobody is at {{host}}' >"$dir/pages/404.html"
echo '<p>back soon ({{retry_after}} s)' >"$dir/pages/offline.html"
echo '{"error": "{{code}}", "at": "{{host}}"}' >"$dir/pages/error.json"
echo '<p>the shop is closed' >"$dir/pages/shop.html"
echo '<p>{{status}} {{title}}' >"$dir/pages/error.html"
echo 'plain {{status}}' >"$dir/pages/error.txt"
cat >"$dir/edge.yml" <<'END'
server:
  http:
    head_bytes: 4KiB
    target_bytes: 256
    trusted_proxies: 127.0.0.0/8
    forwarded: on
    pages:
      404: pages/404.html
      no_client: {html: pages/offline.html}
      all: {html: pages/error.html, json: pages/error.json, text: pages/error.txt}
    hosts:
      shop.example.com:
        pages: {503: pages/shop.html}
END
closed_port=$(free_port)
start_nginx 'location /who { return 200 "$http_x_real_ip|$http_x_forwarded_for|$http_x_forwarded_proto|$http_forwarded"; }' \
    'location /origin { return 200 "$http_x_forwarded_proto $http_x_forwarded_host $http_x_forwarded_port"; }'
start_edge --config "$dir/edge.yml" --log-level info
ready_client client 1 --http "refused.example.com=127.0.0.1:$closed_port"
ready_client other 1 --http "app.example.com=$nginx"
ready_client leaving 2 --http "shop.example.com=$nginx" --http "blog.example.com=$nginx"
signal leaving TERM
join leaving
wait_until $patience "503 for its hosts" status_is blog.example.com / "503 no_client"

page() { ask "$1" / -H "Accept: $2"; }

say "pages of the operator's own"
equal "an unknown host" "$(page none.example.com text/html)" "<p>nobody is at none.example.com"
equal "a host whose client is away" "$(page blog.example.com text/html)" "<p>back soon (5 s)"
equal "another one, which has its own page" "$(page shop.example.com text/html)" "<p>the shop is closed"
equal "a backend that refuses" "$(page refused.example.com text/html)" "<p>502 Bad Gateway"
equal "JSON" "$(page shop.example.com application/json)" '{"error": "no_client", "at": "shop.example.com"}'
equal "curl itself" "$(ask refused.example.com /)" "plain 502"
equal "the status" "$(status_of shop.example.com / -H 'Accept: text/html')" "503 no_client"
has_text "$dir/head" "[Cc]ontent-[Tt]ype: text/html"
has_text "$dir/head" "^[Dd]ate: [A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] 20"

say "limits of heads"
equal "a target that is too long" "$(status_of app.example.com "/$(printf 'a%.0s' {1..256})")" "414 target_too_long"
equal "a head that is too long" "$(status_of app.example.com / -H "A: $(printf 'a%.0s' {1..5000})")" "431 head_too_long"

say "a trusted proxy names the visitor"
equal "what the backend is told" \
    "$(ask app.example.com /who -H 'X-Forwarded-For: 203.0.113.7' -H 'X-Forwarded-Proto: https')" \
    '203.0.113.7|203.0.113.7, 127.0.0.1|https|for=203.0.113.7, for=127.0.0.1;host="app.example.com";proto=https'

say "the port is the one that visitors use, also behind a port forwarding"
equal "none in Host" "$(ask app.example.com /origin)" "http app.example.com 80"
equal "one in Host" "$(ask app.example.com:8081 /origin)" "http app.example.com:8081 8081"
equal "https by a trusted proxy" "$(ask app.example.com /origin -H 'X-Forwarded-Proto: https')" "https app.example.com 443"
equal "a port of its own" "$(ask app.example.com /origin -H 'X-Forwarded-Proto: https' -H 'X-Forwarded-Port: 8443')" \
    "https app.example.com 8443"

say "two trusted proxies, each of which appends: the visitor's element counts"
equal "https, then http" "$(ask app.example.com /origin -H 'X-Forwarded-For: 203.0.113.7, 127.0.0.2' \
    -H 'X-Forwarded-Proto: https, http' -H 'X-Forwarded-Host: www.example.com, inner.example.com')" \
    "https www.example.com 443"
equal "a visitor who claims https" "$(ask app.example.com /origin -H 'X-Forwarded-For: 203.0.113.7' \
    -H 'X-Forwarded-Proto: https, http')" "http app.example.com 80"

say "a scanner does not fill the disk"
pages=()
for _ in {1..500}; do
    pages+=("http://$edge/")
done
curl -sS --max-time 60 -H 'Host: scanned.example.com' "${pages[@]}" >"$dir/scan.out"
equal "pages" "$(grep -c plain "$dir/scan.out")" 500
wait_for_text server 'lines were left out'
at_most "lines about it" "$(count_of server 'scanned.example.com')" 300

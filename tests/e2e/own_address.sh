# Requests that name their own address: WebDAV's MOVE and COPY at nginx's dav module by https, by a prefix, and at a backend
# with TLS; and the Origin and Referer that a backend compares with Host, as development servers with live reload do.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx openssl

make_authority ca
make_certificate site ca app.example.com live.example.com files.example.com localhost
mkdir "$dir/certificates"
cp "$dir/site.crt" "$dir/site.key" "$dir/certificates/"
by_tls=$(free_port)
start_nginx "listen 127.0.0.1:$by_tls ssl; ssl_certificate $dir/site.crt; ssl_certificate_key $dir/site.key;" \
    'location /dav/ { dav_methods PUT DELETE MOVE COPY; }' \
    'location /live { return 200 "$http_host $http_origin $http_referer"; }'
mkdir -m 777 "$dir/www/dav"

cat >"$dir/services.yml" <<YAML
client:
  services:
    - {http: app.example.com, local: "$nginx"}
    - {http: tls.example.com, local: "https://localhost:$by_tls", backend_ca: "$dir/ca.pem"}
    - {http: live.example.com, local: "$nginx", host_header: backend}
    - {http: files.example.com, path: /files, replace_prefix: /dav, host_header: backend, local: "$nginx"}
YAML
start_server --http-bind 127.0.0.1:0 --https-bind 127.0.0.1:0 --certificates "$dir/certificates"
edge=$(awk '$1 == "http" { print $2 }' "$dir/server.endpoints")
https=$(awk '$1 == "https" { print $2 }' "$dir/server.endpoints")
https=${https##*:}
ready_client client 4 --config "$dir/services.yml"

# secure HOST PATH [CURL OPTION...]: prints the body.
secure() {
    local host=$1 path=$2
    shift 2
    curl -sS --max-time 60 --cacert "$dir/ca.pem" --resolve "$host:$https:127.0.0.1" "$@" "https://$host:$https$path"
}
# dav METHOD HOST FROM DESTINATION: the status, by https.
dav() { secure "$2" "$3" -o /dev/null -w '%{http_code}' -X "$1" -H "Destination: $4"; }

say "MOVE and COPY by https at a backend without TLS"
echo one >"$dir/www/dav/one"
equal COPY "$(dav COPY app.example.com /dav/one "https://app.example.com:$https/dav/two")" 204
equal "the copy" "$(cat "$dir/www/dav/two")" one
equal MOVE "$(dav MOVE app.example.com /dav/two "https://app.example.com:$https/dav/three%20files")" 204
equal "what was moved" "$(cat "$dir/www/dav/three files")" one
equal "to another host" "$(dav MOVE app.example.com /dav/one "https://other.example.com/dav/four")" 400
equal "it is still there" "$(cat "$dir/www/dav/one")" one

say "without TLS at a backend with TLS"
equal COPY "$(ask tls.example.com /dav/one -o /dev/null -w '%{http_code}' -X COPY \
    -H 'Destination: http://tls.example.com/dav/five')" 204
equal "the copy" "$(cat "$dir/www/dav/five")" one

say "with a prefix and a Host of the backend's"
equal COPY "$(dav COPY files.example.com /files/one "https://files.example.com:$https/files/six")" 204
equal "the copy" "$(cat "$dir/www/dav/six")" one
equal "outside of the prefix" "$(dav COPY files.example.com /files/one "https://files.example.com:$https/dav/seven")" 400

say "Origin and Referer, which live reload compares with Host"
own=https://live.example.com:$https
equal "the visitor's own" "$(secure live.example.com /live -H "Origin: $own" -e "$own/page?x=1")" \
    "$nginx http://$nginx http://$nginx/page?x=1"
equal "another page's" "$(secure live.example.com /live -H 'Origin: https://evil.example' -e https://evil.example/)" \
    "$nginx https://evil.example https://evil.example/"
equal "a page without TLS" "$(secure live.example.com /live -H "Origin: http://live.example.com:$https")" \
    "$nginx http://live.example.com:$https "
equal "where Host stays, Origin does" \
    "$(secure app.example.com /live -H "Origin: https://app.example.com:$https")" \
    "app.example.com:$https https://app.example.com:$https "

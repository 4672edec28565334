# A response that is given while the visitor still uploads reaches it, whoever gives it: the edge, a plugin, a folder or
# the backend. A visitor that writes without reading, as Node's does, gets its response once its body is written.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl openssl

visitor=$E2E_SOURCE/early_answer.py
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test \
    -addext "subjectAltName=DNS:*.example.com" -keyout "$dir/tls.key" -out "$dir/tls.crt" 2>/dev/null
mkdir "$dir/site"
serve_mishaps backend
start early python3 "$visitor" --backend "$dir/early.port"
start hasty python3 "$visitor" --backend --hasty "$dir/hasty.port"
for name in early hasty; do
    wait_until $patience "the port of $name" test -s "$dir/$name.port"
done
cat >"$dir/server.yml" <<YAML
server:
  https_bind: 127.0.0.1:0
  https: {certificates: {chain: $dir/tls.crt, key: $dir/tls.key}}
YAML
cat >"$dir/client.yml" <<YAML
client:
  services:
    - {http: small.example.com, limits: {body_max: 64KiB}, local: "$backend"}
    - {http: early.example.com, local: "127.0.0.1:$(<"$dir/early.port")"}
    - {http: hasty.example.com, local: "127.0.0.1:$(<"$dir/hasty.port")"}
    - {http: files.example.com, local: "files:$dir/site"}
YAML
start_edge --config "$dir/server.yml"
https=$(awk '$1 == "https" { print $2 }' "$dir/server.endpoints")
ready_client client 4 --config "$dir/client.yml"
if [[ -e $FERROTUNNEL_PLUGINS/auth.so ]]; then
    printf 'open sesame\n' >"$dir/password"
    ready_client guarded 1 --http "guarded.example.com=$backend" --basic-auth ann --password-file "$dir/password"
fi

# uploads HOST STATUS BYTES VISITORS [OPTION...]: all of them get this status.
uploads() {
    local host=$1.example.com status=$2 bytes=$3 visitors=$4 address=$edge
    shift 4
    [[ " $* " != *" --tls "* ]] || address=$https
    python3 "$visitor" "$@" "$address" "$host" / "$bytes" "$visitors" >"$dir/visitors" || true
    equal "$visitors uploads of $bytes bytes to $host $*" "$(<"$dir/visitors")" "answered $visitors lost 0 $status"
}

for size in 200000 20000000; do
    visitors=$((size > 1000000 ? 4 : 24))
    for options in "" --chunked --tls; do
        say "$size bytes $options"
        # shellcheck disable=SC2086
        {
            uploads small 413 $size $visitors $options
            uploads unknown 404 $size $visitors $options
            uploads files 405 $size $visitors $options
            uploads early 413 $size $visitors $options
            uploads hasty 413 $size $visitors $options
            [[ -z ${programs[guarded]:-} ]] || uploads guarded 401 $size $visitors $options
        }
    done
done

say "curl that does not wait for 100"
head -c 20M /dev/zero >"$dir/large"
for _ in {1..12}; do
    equal "a large body" "$(status_of small.example.com / --data-binary "@$dir/large" -H Expect:)" "413 body_too_large"
    for bytes in 70000 20000000; do
        head -c $bytes /dev/zero >"$dir/body"
        equal "$bytes bytes by HTTP/2" "$(curl -sS --max-time 120 --http2 --cacert "$dir/tls.crt" -H Expect: \
            --resolve "small.example.com:${https##*:}:127.0.0.1" --data-binary "@$dir/body" -o /dev/null \
            -w '%{http_code} %{http_version}' "https://small.example.com:${https##*:}/" || true)" "413 2"
    done
done

if command -v node >/dev/null; then
    for url in "http://$edge/" "https://$https/" "h2s://$https/"; do
        say "Node: ${url%%:*}"
        for size in 200000 20000000; do
            visitors=$((size > 1000000 ? 4 : 24))
            node "$E2E_SOURCE/node/early_answer.mjs" "$url" small.example.com $size $visitors >"$dir/visitors" || true
            equal "$visitors uploads of $size bytes" "$(<"$dir/visitors")" "answered $visitors lost 0 413"
        done
    done
fi

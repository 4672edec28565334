# `ferrotunnel init`: what it writes is right, works when it is run, and so does all that its comments offer.
source "$(dirname "$0")/lib.sh"
need openssl

export FERROTUNNEL_PLUGINS=$E2E_PLUGINS
unset FERROTUNNEL_DOMAIN FERROTUNNEL_SERVER FERROTUNNEL_CONFIG FERROTUNNEL_TOKEN
# run ARGUMENT...: in $dir/home; its exit code is then in $code, what it said in $dir/run.out and run.err.
run() {
    code=0
    (cd "$dir/home" && exec "$FERROTUNNEL" "$@") >"$dir/run.out" 2>"$dir/run.err" </dev/null || code=$?
}
ends_with() { equal "exit code" "$code" "$1"; }
# Takes the # from lines that could be settings: words begin with a capital letter.
with_all() { sed -E 's/^( *)# ( *[a-z-])/\1\2/' "$1"; }
mkdir "$dir/home"

say "a server, and a client beside it, work as they are written"
run init both
ends_with 0
equal "who may read the token" "$(stat -c %a "$dir/home/token")" 600
run check
ends_with 0
serve backend "text:here-it-is"
control=127.0.0.1:$(free_port)
public=$(free_port)
sed -i -e "s/^  bind: 0.0.0.0:7835/  bind: $control\n  tcp_bind: 127.0.0.1/" -e "s/^  server: 127.0.0.1/  server: $control/" \
    -e "s/{tcp: 2222, local: 22}/{tcp: $public, local: \"$backend\"}/" \
    -e "s/^  # http_bind: .*/  http_bind: off/" "$dir/home/ferrotunnel.yml"
start both "$FERROTUNNEL" run --config "$dir/home/ferrotunnel.yml"
wait_for_port "127.0.0.1:$public" both
equal "what the visitor reads" "$(visit "127.0.0.1:$public" line finish rest | head -n 1)" "line here-it-is"

say "nothing is overwritten"
before=$(cat "$dir/home/ferrotunnel.yml" "$dir/home/token" | sha256sum)
run init both
ends_with 2
has_text "$dir/run.err" "ferrotunnel.yml: already exists; nothing was written"
run init --config other.yml
ends_with 0
equal "the files" "$(cat "$dir/home/ferrotunnel.yml" "$dir/home/token" | sha256sum)" "$before"

say "a client needs the server's token"
mkdir "$dir/home/client"
run init client --server tunnel.example.com --config client/my.yml
ends_with 0
has_text "$dir/run.out" "copy the server's token to client/token"
run check client/my.yml
ends_with 2
cp "$dir/home/token" "$dir/home/client/token"
run check client/my.yml
ends_with 0
has_text "$dir/run.out" "to tunnel.example.com"

say "what the comments offer is right too"
run init both --config all.yml
ends_with 0
mkdir "$dir/home/live"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/home/live/a.key" \
    -out "$dir/home/live/a.pem" -days 1 -subj /CN=a.test -addext subjectAltName=DNS:a.test 2>"$dir/openssl.log"
with_all "$dir/home/all.yml" | sed -e 's:/etc/letsencrypt/live:live:' -e '/tls_pin/d' >"$dir/home/whole.yml"
run check whole.yml
ends_with 0 || cat "$dir/run.err"
has_text "$dir/run.out" "HTTPS at 0.0.0.0:443"
at_least "services" "$(grep -c ' -> ' "$dir/run.out")" 16

say "a server with a domain has HTTP services at once"
run init server --domain tunnel.test --config domain.yml
ends_with 0
has_text "$dir/run.out" 'point the DNS names tunnel.test and \*.tunnel.test to this machine'
run check domain.yml
ends_with 0
has_text "$dir/run.out" "HTTP at 0.0.0.0:80"
equal "its keys" "$(grep -cE '^  (http_bind: 0.0.0.0:80|domain: tunnel.test|public_host: tunnel.test)' "$dir/home/domain.yml")" 3
for words in "server --domain a..b" "server --domain *.a.test" "server --domain a.test:80" "client --domain a.test"; do
    # shellcheck disable=SC2086
    (set -f && run init $words --config x.yml && ends_with 2)
    has_text "$dir/run.err" "domain: "
done
FERROTUNNEL_DOMAIN=a.test run init client --config other_client.yml
ends_with 0

say "a server with ACME has HTTPS by itself"
run init server --domain tunnel.test --acme me@example.com --config acme.yml
ends_with 0
has_text "$dir/run.out" 'open ports 80 and 443'
run check acme.yml
ends_with 0
has_text "$dir/run.out" "HTTP at 0.0.0.0:80, otherwise 0.0.0.0:8080, HTTPS at 0.0.0.0:443, otherwise 0.0.0.0:8443, certificates from acme-v02.api.letsencrypt.org, hosts below tunnel.test"
equal "its keys" "$(grep -cE '^  (acme:|  email: "me@example.com"|domain: tunnel.test|public_host: tunnel.test)' "$dir/home/acme.yml")" 4
for words in "server --acme admin" "server --acme a@localhost" "client --acme a@b.test"; do
    # shellcheck disable=SC2086
    run init $words --config x.yml
    ends_with 2
    has_text "$dir/run.err" "acme: "
done

say "words that are wrong"
run init nobody
ends_with 2
has_text "$dir/run.err" "nobody: is not a role"
run init server --config x.yml --server tunnel.example.com
ends_with 2
has_text "$dir/run.err" "is for a client"
run init client --config x.yml --server 'a b'
ends_with 2
run init --config none/such/../x.yml extra words
ends_with 2
[[ ! -e $dir/home/x.yml ]] || fail "a file was written in spite of a mistake"
run init --help
ends_with 0
has_text "$dir/run.out" "Nothing is overwritten"

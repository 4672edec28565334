# `ferrotunnel import`: an frp server and client become files with which server and client run, and visitors reach what they
# reached; nothing is overwritten, secrets have files of their own, and the exit code tells whether something was lost.
source "$(dirname "$0")/lib.sh"
need curl python3

mkdir "$dir/frp" "$dir/www"
echo "hello from the backend" >"$dir/www/index.html"
backend_port=$(free_port)
control_port=$(free_port)
http_port=$(free_port)
public_port=$(free_port)
start web python3 -m http.server "$backend_port" --bind 127.0.0.1 --directory "$dir/www"
wait_for_port "127.0.0.1:$backend_port" web

cat >"$dir/frp/frps.toml" <<END
bindAddr = "127.0.0.1"
bindPort = $control_port
vhostHTTPPort = $http_port
subDomainHost = "tunnel.example.com"
allowPorts = [{ single = $public_port }]
auth.token = "open sesame"
END
cat >"$dir/frp/frpc.toml" <<END
serverAddr = "127.0.0.1"
serverPort = $control_port
user = "barn"
auth.token = "{{ .Envs.FRP_TOKEN_OF_TEST }}"

[[proxies]]
name = "door"
type = "tcp"
localPort = $backend_port
remotePort = $public_port

[[proxies]]
name = "pages"
type = "http"
localPort = $backend_port
subdomain = "pages"
httpUser = "ann"
httpPassword = "her password"
END

# import ARGUMENT...: its exit code is then in $code, what it printed in $dir/said.out and said.err.
import() {
    code=0
    (cd "$dir" && "$FERROTUNNEL" import "$@") >"$dir/said.out" 2>"$dir/said.err" </dev/null || code=$?
}

say "a variable cannot be judged; with the token in both files both sides get a new one"
import frp/frpc.toml frp/frps.toml --dry-run
equal "exit code" "$code" 1
has_text "$dir/said.out" 'token: env:FRP_TOKEN_OF_TEST'
sed -i 's/{{ .Envs.FRP_TOKEN_OF_TEST }}/open sesame/' "$dir/frp/frpc.toml"
import frp/frpc.toml frp/frps.toml --output new/edge.yml
equal "exit code" "$code ($(<"$dir/said.err"))" "0 ($(<"$dir/said.err"))"
has_text "$dir/said.err" 'To check:'
equal "files" "$(cd "$dir/new" && echo *)" "edge-client.yml edge-server.yml token"
equal "modes" "$(stat -c %a "$dir"/new/* | sort -u)" 600
has_text "$dir/new/edge-client.yml" "# frp/frpc.toml:10: remotePort = $public_port"
grep -Eqx 'ft1_[A-Za-z0-9_-]{48}' "$dir/new/token" || fail "the token is not new"
! grep -r -F -e "open sesame" -e "her password" "$dir/new" "$dir/said.out" "$dir/said.err" || fail "a secret is visible"

say "nothing is overwritten"
import frp/frpc.toml frp/frps.toml --output new/edge.yml
equal "exit code" "$code" 2
has_text "$dir/said.err" 'already exists; nothing was written. Name another file or folder with --output'

say "a folder gets the usual names, and what is there already is not made again"
mkdir "$dir/folder"
cp "$dir/new/token" "$dir/folder/token"
import frp/frpc.toml --output folder
! grep -F 'can be guessed' "$dir/said.err" || fail "the token is listed as lost"
equal "files" "$(cd "$dir/folder" && echo *)" "ferrotunnel.yml token"
has_text "$dir/said.err" "the file token is there already: check that it is the server's"
cmp "$dir/new/token" "$dir/folder/token"
import frp/frpc.toml frp/frps.toml -o made/
equal "exit code" "$code" 0
equal "files" "$(cd "$dir/made" && echo *)" "ferrotunnel-client.yml ferrotunnel-server.yml token"

say "a password is in a file only if the printed command reads it"
import --output two/ -- ngrok http 3000 --basic-auth ann:correct-horse --basic-auth bob:battery-staple
equal "exit code" "$code" 0
equal "files" "$(cd "$dir/two" && echo *)" "ferrotunnel.yml"
import --output one-user/ -- ngrok http 3000 --basic-auth ann:correct-horse
equal "files" "$(cd "$dir/one-user" && echo *)" "ann.password ferrotunnel.yml"

say "the result runs"
token=$(<"$dir/new/token")
for side in server client; do
    "$FERROTUNNEL" check "$dir/new/edge-$side.yml" >"$dir/check.out" 2>&1 || fail "$(<"$dir/check.out")"
done
unset FERROTUNNEL_HTTP_BIND
programs[server]=1
start server "$FERROTUNNEL" server --config "$dir/new/edge-server.yml" --state-dir "$dir/state" \
    --endpoint-file "$dir/server.endpoints"
wait_for_port "127.0.0.1:$control_port" server
programs[client]=1
start client "$FERROTUNNEL" client --config "$dir/new/edge-client.yml" --endpoint-file "$dir/client.endpoints"
wait_for_services client 2
equal "by the port" "$(curl -sS "http://127.0.0.1:$public_port/")" "hello from the backend"
host=pages.tunnel.example.com
resolve=$host:$http_port:127.0.0.1
equal "without a password" \
    "$(curl -sS -o "$dir/denied" -w '%{http_code}' --resolve "$resolve" "http://$host:$http_port/")" 401
equal "by the host" "$(curl -sS -u "ann:her password" --resolve "$resolve" "http://$host:$http_port/")" \
    "hello from the backend"

say "a token that only one side has is refused, and what has no equivalent is listed"
echo 'transport.protocol = "kcp"' >"$dir/frp/other.toml"
cat "$dir/frp/frpc.toml" >>"$dir/frp/other.toml"
import frp/other.toml --output one/client.yml
equal "exit code" "$code" 1
has_text "$dir/said.err" 'other.toml:1: transport.protocol: there is no transport kcp'
has_text "$dir/said.err" 'can be guessed'
equal "files" "$(cd "$dir/one" && echo *)" "client.yml"
import frp/other.toml --json --dry-run
python3 -c 'import json, sys; assert any(e["key"] == "transport.protocol" for e in json.load(sys.stdin)["lost"])' \
    <"$dir/said.out"

say "mistakes"
echo 'serverAddr = ' >"$dir/frp/broken.toml"
import frp/broken.toml
equal "exit code" "$code" 2
has_text "$dir/said.err" 'frp/broken.toml:1: is not valid TOML'
import
equal "exit code" "$code" 2
import ngrok http 3000 --basic-auth ann:correct-horse
equal "exit code" "$code" 2
has_text "$dir/said.err" 'ngrok: is not a file; write `ferrotunnel import -- ngrok http 3000 ...` for a command line'
! grep -F correct-horse "$dir/said.err" || fail "a password is printed"
import frp/none.toml
equal "exit code" "$code" 2
has_text "$dir/said.err" 'cannot be read'
many=()
for ((i = 0; i < 64; ++i)); do
    many+=(frp/broken.toml)
done
import "${many[@]}"
equal "exit code" "$code" 2
has_text "$dir/said.err" 'is not valid TOML'
import "${many[@]}" frp/broken.toml
equal "exit code" "$code" 2
has_text "$dir/said.err" 'accepts at most 64 files'

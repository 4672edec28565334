# Whatever the process's mask is, nobody but the owner may write into the folders and files that the program makes, and
# nobody else may read what is secret. Daemons run with a mask of 0, and so do some containers.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"

made=$dir/made
umask 0
mkdir -m 700 "$made"
export XDG_CONFIG_HOME=$made/home/config
make_token

say "a server's and a client's state, in folders that are not there"
cat >"$dir/server.yml" <<YAML
server:
  access_log: $made/access.log
  audit_log: $made/audit.log
  https_bind: 127.0.0.1:0
YAML
start_edge --config "$dir/server.yml" --state-dir "$made/server/deep/state" --endpoint-file "$dir/server.endpoints"
serve_http backend
mkdir -m 700 "$made/client"
cat >"$made/client/client.yml" <<YAML
client:
  services: [{http: app.example.com, local: "$backend"}]
YAML
chmod 600 "$made/client/client.yml"
ready_client client 1 --config "$made/client/client.yml" --control "$dir/client.sock"
equal "a page" "$(ask app.example.com /name/x -o /dev/null -w '%{http_code}')" 200
"$FERROTUNNEL" services disable app.example.com --control "$dir/client.sock" >/dev/null
"$FERROTUNNEL" services enable app.example.com --control "$dir/client.sock" >/dev/null

say "commands that write files"
"$FERROTUNNEL" init both --config "$made/init/deep/ferrotunnel.yml" >/dev/null
(cd "$made" && "$FERROTUNNEL" plugin new my-plugin >/dev/null)

say "what was made"
find "$made" -printf '%M %p\n' >"$dir/all"
for path in server/deep/state client/conf.d init/deep my-plugin access.log audit.log; do
    [[ -e $made/$path ]] || fail "$path was not made"
done
equal "what others may write" "$(find "$made" ! -type l -perm /022 -printf '%M %P\n')" ""
equal "secrets that others may read" \
    "$(find "$made" -type f \( -path '*/state/*' -o -name token -o -name '*.key' \) -perm /044 -printf '%M %P\n')" ""

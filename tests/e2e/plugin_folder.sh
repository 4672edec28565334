# Where the program finds the plugins that are shipped with it, without a variable: beside its own file, also when that file
# was replaced and when another process takes its place. A folder that others may write into is not used.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
need curl
[[ -e $E2E_PLUGINS/headers.so ]] || skip "the plugin headers is not built"
unset FERROTUNNEL_PLUGINS FERROTUNNEL_HTTP_BIND

# installed PROGRAM PLUGINS: the program and its plugins at these places below $dir, which the following uses.
installed() {
    rm -rf "$dir/app"
    mkdir -p "$(dirname "$dir/app/$1")" "$dir/app/$2"
    cp "$E2E_PROGRAM" "$dir/app/$1"
    cp "$E2E_PLUGINS"/headers.so "$E2E_PLUGINS"/ip-filter.so "$dir/app/$2"
    FERROTUNNEL=$dir/app/$1
    plugins=$dir/app/$2
}
readonly E2E_PROGRAM=$FERROTUNNEL

say "in a build folder, and in an installation"
installed build/ferrotunnel build/plugins/modules
run_ok plugin list
printed '^headers '
installed usr/bin/ferrotunnel usr/lib/ferrotunnel/plugins
run_ok plugin list
printed '^headers '

say "a folder that others may write into"
chmod o+w "$plugins"
run_ok plugin list
! grep '^headers ' "$dir/run.out" || fail "plugins of that folder are loaded"
complained "others may write into .*usr/lib/ferrotunnel/plugins; run chmod go-w on it"
make_token
mkdir "$dir/www"
echo hello >"$dir/www/index.html"
control=127.0.0.1:$(free_port)
edge=127.0.0.1:$(free_port)
# write_file PLUGINS: of the chain
write_file() {
    cat >"$dir/both.yml" <<END
server:
  bind: $control
  http_bind: $edge
  state_dir: $dir/state
  token: file:$dir/token
  plugins: {chain: [{$1}]}
client:
  server: $control
  token: file:$dir/token
  services:
    - {name: page, http: app.test, local: "files:$dir/www"}
END
}
write_file 'headers: {response: {set: {X-Round: "1"}}}'
run check "$dir/both.yml"
((code != 0)) || fail "a configuration with a plugin of that folder is accepted"
complained "others may write into"
chmod o-w "$plugins"
run_ok check "$dir/both.yml"

say "a server whose file was replaced, and the one that takes its place"
round_is() { [[ $(curl -s -o /dev/null -D - -H 'Host: app.test' "http://$edge/" | tr -d '\r' | sed -n 's/^X-Round: //p') == "$1" ]]; }
programs[first]=1
start first "$FERROTUNNEL" run "$dir/both.yml" --no-watch
wait_until $patience "the first plugin" round_is 1
cp "$FERROTUNNEL" "$dir/app/new"
mv "$dir/app/new" "$FERROTUNNEL"
write_file 'ip-filter: {allow: [127.0.0.1]}}, {headers: {response: {set: {X-Round: "2"}}}'
kill -HUP "$(pid_of first)"
wait_until $patience "a plugin that was not loaded yet" round_is 2
write_file 'headers: {response: {set: {X-Round: "3"}}}'
programs[second]=1
start second "$FERROTUNNEL" run "$dir/both.yml" --no-watch --replace
wait_for_text second "this server replaced the one that ran"
wait_until $patience "the plugin of the second one" round_is 3
join_ok first

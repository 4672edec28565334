# A configuration that is mounted as a single file, as containers do it: that its replacement is not seen is told.
source "$(dirname "$0")/lib.sh"
unshare --mount --map-root-user true 2>/dev/null || unshare --mount true 2>/dev/null ||
    skip "no mounts of its own are allowed here"
make_token
outside=$dir/outside
mkdir "$outside" "$dir/inside"
config() {
    printf '%s\n' "server:" "  bind: 127.0.0.1:0" "  tcp_bind: 127.0.0.1" "  http_bind: off" "  state_dir: $dir/state" \
        "  workers: 1" "  control: off" "  endpoint_file: $dir/server.endpoints" "  token: file:$dir/token" "$@"
}
config >"$outside/server.yml"
: >"$dir/inside/server.yml"
alone="mount --bind $outside/server.yml $dir/inside/server.yml"
mapped=--map-root-user
unshare --mount true 2>/dev/null && mapped=
in_mount() { exec unshare --mount $mapped bash -c "$alone && exec \"\$@\"" - "$@"; }

say "a check warns"
(in_mount "$FERROTUNNEL" check "$dir/inside/server.yml") >"$dir/checked" 2>&1 || fail "$(<"$dir/checked")"
has_text "$dir/checked" 'warning: .*inside/server.yml is mounted as a single file: .*Mount the folder instead'
has_text "$dir/checked" '^ok: '
"$FERROTUNNEL" check "$outside/server.yml" >"$dir/checked" 2>&1 || fail "$(<"$dir/checked")"
! file_has "$dir/checked" 'mounted' || fail "a file that is not mounted is told as one"

say "so does the start, and a reload once the file was replaced"
programs[server]=1
start server unshare --mount $mapped bash -c "$alone && exec \"\$@\"" - "$FERROTUNNEL" server --config "$dir/inside/server.yml"
wait_until $patience "the server's endpoint file" endpoint_or_end server '^control '
wait_for_text server 'is mounted as a single file: replacing it .*Mount the folder instead'
signal server HUP
wait_for_text server 'read again: nothing has changed'
config "  connections_per_token: 3" >"$outside/aside"
mv "$outside/aside" "$outside/server.yml"
signal server HUP
wait_for_text server 'was replaced on the host: the old file is still read here. Mount the folder instead'
signal server TERM
join_ok server

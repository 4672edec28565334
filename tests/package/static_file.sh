# static_file.sh SOURCE VERSION PROGRAM: the static program (scripts/release) in root file systems that contain nothing but
# it, a token, names and a CA bundle, which is at another of the usual places each time; then in its container image. With
# E2E_FULL=1 scripts/release makes the program first, in a folder beside PROGRAM. Otherwise that one is used if PROGRAM is
# still the same as then, or else PROGRAM itself, with its libraries and plugins.
source=$1 version=$2
architecture=$(dpkg --print-architecture 2>/dev/null || echo amd64)
made=${3%/*}/static-program
program=$made/ferrotunnel-$version-linux-$architecture
if [[ -z ${E2E_IN_NAMESPACE:-} ]]; then
    ((EUID == 0)) || { echo "skipped: this needs root, for chroot" && exit 77; }
    unshare --net true 2>/dev/null || { echo "skipped: network namespaces are not allowed here" && exit 77; }
    if [[ ${E2E_FULL:-0} != 0 ]]; then
        rm -rf "$made"
        env -u FERROTUNNEL_SIGNING_KEY "$source/scripts/release" "$architecture" --into "$made" || exit
        sha256sum "$3" >"$made/made-with"
    fi
    E2E_IN_NAMESPACE=1 exec unshare --net bash "$0" "$@"
fi
static=yes
if [[ ! -e $program ]] || ! sha256sum --status --check "$made/made-with" 2>/dev/null; then
    echo "note: there is no static program of this build, which the full test makes; this is its other one, with its libraries"
    program=$3 static=no
fi
FERROTUNNEL=$program
source "$source/tests/e2e/lib.sh"
source "$source/tests/e2e/http_lib.sh"
source "$source/tests/package/pair_lib.sh"
need curl ip openssl python3 nsenter pgrep
tool=$source/tests/package/image_tool

say "it is $program"
"$program" version | head -n 1
[[ $static == no ]] || ! readelf --program-headers --wide "$program" | grep INTERP || fail "it needs a loader"

say "backends, one with a certificate of an authority of its own; a name server"
start_backends
chroot=$(command -v chroot)

# add_program ROOT PATH: puts it there, with all that it needs.
add_program() {
    install -D -m 755 "$program" "$1$2"
    [[ $static == no ]] || return 0
    local library
    install -D -m 755 -t "$1/lib/ferrotunnel/plugins" "$E2E_PLUGINS"/*.so
    for library in $(ldd "$program" "$E2E_PLUGINS"/*.so | grep -oE '/[^ :]+ \(' | tr -d ' (' | sort -u); do
        install -D -m 755 "$library" "$1$library"
    done
}
# new_root PLACE: an empty root file system in $root, with the CA bundle there, or without one.
new_root() {
    root=$dir/root
    rm -rf "$root"
    mkdir -p "$root/etc" "$root/work/run"
    add_program "$root" /ferrotunnel
    name_hosts
    cp "$dir/token" "$root/work/token"
    chown -R 65532:65532 "$root/work"
    chmod 700 "$root/work/run"
    [[ -z $1 ]] || install -D -m 644 "$dir/ca.crt" "$root$1"
}
# in_root ARGUMENT...: the program there, as a user that has no name.
in_root=(env -i HOME=/work RUNTIME_DIRECTORY=/work/run FERROTUNNEL_LOG_LEVEL=info FERROTUNNEL_PASSWORD="open sesame"
    "$chroot" --userspec=65532:65532 "$dir/root" /ferrotunnel)

say "without authorities no certificate is accepted"
new_root ""
equal "the plugins in it" "$("${in_root[@]}" plugin list | sed -n 's/^\([a-z][a-z-]*\) .*/\1/p' | sort)" \
    "$(find "$source/plugins" -mindepth 1 -maxdepth 1 -type d ! -name common -printf '%f\n' | sort)"
start_pair
status_is tls.t.test / 502 || fail "a page by TLS: $(status_of tls.t.test /)"
wait_for_text client 'certificate'
equal "a page without TLS" "$(status_of plain.t.test /name/x)" 200
if [[ $static == yes ]]; then
    say "plugins are not loaded from files"
    printf 'server:\n  token: file:token\n  plugins: {load: x.so, chain: [x: {}]}\n' >"$root/work/load.yml"
    code=0
    "${in_root[@]}" run --config /work/load.yml >"$dir/load.out" 2>&1 || code=$?
    equal "the code" $code 2
    has_text "$dir/load.out" 'x.so.* cannot be loaded: this program is one static file'
fi
end_of client
end_of server

for place in /etc/ssl/certs/ca-certificates.crt /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem \
    /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    say "authorities in $place"
    new_root $place
    start_pair
    check_pair
    end_of guarded
    end_of client
    end_of server
done

# in_image FOLDER ACTION ARGUMENT...: what image_tool says about the image, unpacked there; in the mounts of `running`.
in_image() {
    local inside=()
    [[ -z ${running:-} ]] || inside=(nsenter --mount --target "$running")
    "${inside[@]}" "$tool" "$2" "$archive" "$1" "${@:3}"
}
# begin_image FOLDER MOUNTS ARGUMENT...: its program, as the first process of a container whose mounts the shell commands make;
# its process is then in $running.
begin_image() {
    programs[contained]=1
    start contained unshare --mount --pid --fork --kill-child bash -c "$2; exec \"\$@\"" bash "$tool" run "$archive" "$1" "${@:3}"
    wait_until $patience "the container" has_child
    running=$(pgrep -P "$(pid_of contained)")
    wait_until $patience "a healthy container" healthy_or_end "$1"
    is_running contained || fail "the container has ended"
}
has_child() { pgrep -P "$(pid_of contained)" >/dev/null; }
healthy_or_end() { in_image "$1" health >"$dir/health.out" 2>&1 || has_ended contained; }
end_image() {
    kill -TERM "$running" # of this process alone, as an engine does
    running=
    join_ok contained
}

say "the container image: its settings start the program, keep its state and find it healthy"
packed=$program
if [[ $static == no ]]; then # the image takes only a static program: this one is replaced below
    packed=$dir/packed
    "$source/tests/package/small_program" "$packed" || exit
fi
"$source/scripts/package" image --program "$packed" --certificates "$dir/ca.crt" --into "$dir" >"$dir/package.out"
archive=$(echo "$dir"/ferrotunnel-*-image-*.tar)
for name in image pod; do
    "$tool" unpack "$archive" "$dir/$name"
    [[ $static == yes ]] || add_program "$dir/$name" /usr/bin/ferrotunnel
done
code=0
in_image "$dir/image" run >"$dir/unconfigured.out" 2>&1 || code=$?
equal "the code without a configuration" $code 2
has_text "$dir/unconfigured.out" '/etc/ferrotunnel/ferrotunnel.yml'
! in_image "$dir/image" health >"$dir/health.out" 2>&1 || fail "it is healthy before it runs"
install -o 65532 -m 600 "$dir/token" "$dir/image/etc/ferrotunnel/token"
cat >"$dir/image/etc/ferrotunnel/ferrotunnel.yml" <<END
server: {bind: "127.0.0.1:0", token: "file:token", http_bind: off}
END
begin_image "$dir/image" :
equal "its number" "$(awk '$1 == "NSpid:" { print $NF }' "/proc/$running/status")" 1
equal "its user" "$(awk '$1 == "Uid:" { print $3 }' "/proc/$running/status")" 65532
end_image
equal "the key that it keeps" "$(stat -c '%u %a' "$dir/image/var/lib/ferrotunnel/server-identity.pem")" "65532 600"

say "as Kubernetes starts it: the root is read-only, volumes are writable for the group, arguments replace the default ones"
mkdir "$dir"/{run,state,secret}
cp "$dir/token" "$dir/secret/token"
chown 0:65532 "$dir"/{run,state,secret/token}
chmod 2777 "$dir/run"
chmod 2775 "$dir/state"
chmod 440 "$dir/secret/token"
begin_image "$dir/pod" "cd '$dir' && mount --bind pod pod && mount --bind state pod/var/lib/ferrotunnel &&
    mount --bind secret pod/etc/ferrotunnel && mount --bind run pod/run && mount -o remount,bind,ro pod" \
    server --bind 127.0.0.1:0 --token-file /etc/ferrotunnel/token --http-bind off
equal "the key that it keeps" "$(stat -c '%u %a' "$dir/state/server-identity.pem")" "65532 600"
end_image

# The unit and what docs/operations.md says of it, "As systemd services": each command of the page, and the unit run as
# systemd runs it (as_unit.py). Nothing here boots systemd.
if [[ -z ${OWN_NAMESPACES:-} && $(id -u) == 0 ]] && unshare --mount --net true 2>/dev/null; then
    OWN_NAMESPACES=yes exec unshare --mount --net --propagation private bash "$0"
fi
source "$(dirname "$0")/lib.sh"
need python3 curl setpriv mount ip
[[ -n ${OWN_NAMESPACES:-} ]] || skip "this needs root, and namespaces of mounts and networks"
ip link set lo up

# Folders of the machine, in which what is written is gone with this namespace.
mkdir "$dir/over"
mount -t tmpfs tmpfs "$dir/over"
on_end "umount -l /etc /var/lib /usr/local '$dir/over' 2>/dev/null"
for folder in /etc /var/lib /usr/local; do
    mkdir -p "$dir/over$folder/up" "$dir/over$folder/work"
    mount -t overlay overlay -o "lowerdir=$folder,upperdir=$dir/over$folder/up,workdir=$dir/over$folder/work" "$folder" 2>"$dir/mount.err" ||
        skip "no folder can be laid over another one here: $(<"$dir/mount.err")"
done
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /usr/local/bin /run/test
install -m 755 "$FERROTUNNEL" /usr/local/bin/ferrotunnel
export PATH=/usr/local/bin:$PATH HOME=$dir
unset RUNTIME_DIRECTORY # which lib.sh sets for all programs
rm -rf /etc/ferrotunnel /var/lib/ferrotunnel
unit="$dir/ferrotunnel@.service"
sed 's#@CMAKE_INSTALL_FULL_BINDIR@#/usr/local/bin#' "$E2E_SOURCE/../../cli/systemd/ferrotunnel@.service.in" >"$unit"

# starts NAME: systemctl enable --now ferrotunnel@NAME.
starts() {
    start "manager_$1" python3 "$E2E_SOURCE/keeping_manager.py" "$unit" "/run/test/$1" \
        python3 "$E2E_SOURCE/as_unit.py" "$unit" "$1" start "/run/test/$1"
    wait_for_text "manager_$1" '^READY=1$'
}
reloads() { python3 "$E2E_SOURCE/as_unit.py" "$unit" "$1" reload; }

say "each command of the page"
commands=0
while read -r -a words; do
    say "  ${words[*]}"
    commands=$((commands + 1))
    case "${words[*]}" in
        "systemctl enable --now ferrotunnel@edge") starts edge ;;
        "systemctl reload ferrotunnel@edge") reloads edge >"$dir/page.out" 2>&1 || fail "$(<"$dir/page.out")" ;;
        "ferrotunnel "*) (cd / && "${words[@]}") >"$dir/page.out" 2>&1 </dev/null || fail "$(<"$dir/page.out")" ;;
        *) fail "no test for this command" ;;
    esac
    case "${words[1]}" in
        status) has_text "$dir/page.out" 'server' ;;
        init) equal "modes" "$(stat -c %a /etc/ferrotunnel/edge.yml /etc/ferrotunnel/edge.token | tr '\n' ' ')" "644 600 " ;;
    esac
done < <(sed -n '/^## As systemd services/,/^```ini/s/^    \([^#]*\).*/\1/p' "$E2E_SOURCE/../../docs/operations.md")
at_least "commands" $commands 5

say "what it keeps is in its state folder, and nowhere else"
[[ -n $(ls -A /var/lib/ferrotunnel/edge) ]] || fail "nothing is kept"
equal "files of the user" "$(find /etc /usr/local -uid 61184 2>/dev/null | wc -l)" 0

say "a wrong file is told by reload, and changes nothing"
cp /etc/ferrotunnel/edge.yml "$dir/edge.yml"
sed -i 's/drain: 30s/drain: often/' /etc/ferrotunnel/edge.yml
! reloads edge >"$dir/reload.out" 2>&1 || fail "a wrong file was taken"
has_text "$dir/reload.out" 'drain'
cp "$dir/edge.yml" /etc/ferrotunnel/edge.yml

say "what the server's side says next is right for the client's"
ferrotunnel init server --systemd other >"$dir/init_other.out"
has_text "$dir/init_other.out" 'and there: ferrotunnel init client --systemd other --server HOST'
say "a client beside it, and root asks both"
ferrotunnel init client --systemd home --server 127.0.0.1 >"$dir/init.out"
has_text "$dir/init.out" 'copy the server.s token to /etc/ferrotunnel/home.token'
cp -p /etc/ferrotunnel/edge.token /etc/ferrotunnel/home.token
starts home
wait_for_text manager_home '^STATUS=connected to 127.0.0.1'
ferrotunnel status >"$dir/status.out"
has_text "$dir/status.out" '/run/ferrotunnel-edge/server.sock'
has_text "$dir/status.out" '/run/ferrotunnel-home/client.sock'

say "systemctl restart: who connects while no process is there waits, and is served"
clients=$(count_of manager_edge '^STATUS=clients: 1,')
signal manager_edge USR1
wait_for_text manager_edge '^ended 0$'
start visitor curl -sS --max-time $patience -o /dev/null -w '%{http_code}' http://127.0.0.1:8080/
accepts 127.0.0.1:7835 || fail "a client is refused"
signal manager_edge USR2
join_ok visitor
equal "the answer" "$(<"$dir/visitor.out")" 404
wait_until $patience "the client" count_is manager_edge '^STATUS=clients: 1,' $((clients + 1))

for name in home edge; do
    signal "manager_$name" TERM
    join_ok "manager_$name"
    has_text "$dir/manager_$name.out" '^ended 0$'
done

if command -v systemd-analyze >/dev/null; then
    say "systemd takes the unit"
    cp "$unit" "$dir/ferrotunnel@edge.service"
    systemd-analyze verify --man=no "$dir/ferrotunnel@edge.service" >"$dir/verify.out" 2>&1 || fail "$(<"$dir/verify.out")"
    ! grep "ferrotunnel" "$dir/verify.out" || fail "systemd has a word to say"
else
    say "left out: systemd-analyze, which is not here"
fi

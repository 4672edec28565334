# docs/scale.md: its configuration and its commands, on three "machines" of this one, as they stand there. Only addresses,
# ports and folders are others.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
source "$(dirname "$0")/run_lib.sh"
source "$(dirname "$0")/nginx_lib.sh"
source "$(dirname "$0")/cluster_lib.sh"
need curl python3
page=$E2E_SOURCE/../../docs/scale.md

# commands PATTERN: the lines of the page's examples that match, without their comments.
commands() { sed -n "s/^  *\(\(ferrotunnel\|curl\) .*\)/\1/p" "$page" | grep -e "$1" | sed 's/  *# .*//; s/^ferrotunnel /"$FERROTUNNEL" /'; }
# command PATTERN: the one of them that matches, run here.
command_of() {
    local line
    line=$(commands "$1")
    [[ -n $line && $line != *$'\n'* ]] || fail "not one example with $1: \"$line\""
    eval "$line" >"$dir/run.out" 2>"$dir/run.err" || fail "$line: $(<"$dir/run.err")"
}
# from_here TEXT: its names and ports as they are on this machine.
address=([a]=127.0.0.2 [b]=127.0.0.3 [c]=127.0.0.4)
control_port=$(free_port) http=$(free_port) link=$(free_port)
from_here() {
    sed "s/\b\([abc]\)\.example\.com:7838/127.0.0.\1:$link/g; s/\b\([abc]\)\.example\.com:7835/127.0.0.\1:$control_port/
        s/0\.0\.0\.0:7838/OWN:$link/; s/0\.0\.0\.0:7835/OWN:$control_port/
        s/0\.0\.0\.0:80\b/OWN:$http/; s/127\.0\.0\.a/${address[a]}/g; s/127\.0\.0\.b/${address[b]}/g; s/127\.0\.0\.c/${address[c]}/g"
}

say "secrets of the first machine, copied to the others"
mkdir "$dir/machine_a" "$dir/machine_b" "$dir/machine_c"
(
    cd "$dir/machine_a"
    command_of 'ferrotunnel token > token; chmod 600 token'
    command_of '^ferrotunnel cluster key cluster.key'
)
for name in b c; do cp -p "$dir/machine_a/token" "$dir/machine_a/cluster.key" "$dir/machine_$name/"; done
token=$(<"$dir/machine_a/token")
equal "mode of the key" "$(stat -c %a "$dir/machine_c/cluster.key")" 600

say "the files of the page"
sed -n '/^ *```yaml$/,/^ *```$/p' "$page" | sed '/^ *```$/Q; 1d; s/^   //' | from_here >"$dir/page.yml"
has_text "$dir/page.yml" '^ *cluster:'
# cell NAME COLUMN: of the table with what is different there.
cell() { awk -F'|' -v name=" $1 " '$2 == name && NF == 6' "$page" | cut -d'|' -f"$2" | tr -d '\140' | from_here; }
for name in "${members[@]}"; do
    file=$dir/machine_$name/ferrotunnel.yml
    if [[ $name == a ]]; then
        cp "$dir/page.yml" "$file"
    else
        [[ -n $(cell "$name" 4) ]] || fail "no row for $name"
        sed "s#name: a\$#name:$(cell "$name" 3)#; s#peers: .*#peers:$(cell "$name" 4)#; s#public: .*#public:$(cell "$name" 5)#" \
            "$dir/page.yml" >"$file"
    fi
    # What the page leaves to its defaults, and three servers of one machine cannot.
    sed -i "s/OWN/${address[$name]}/; /^server:/a\\  tcp_bind: ${address[$name]}\\n  state_dir: state\\n  control: $dir/$name.sock" "$file"
    (cd "$dir/machine_$name" && command_of '^ferrotunnel check ferrotunnel.yml')
done
for name in "${members[@]}"; do
    programs[$name]=1
    start "$name" bash -c "cd '$dir/machine_$name' && exec $(commands '^ferrotunnel run --config' | sed 's/"\$FERROTUNNEL"/"$0"/') --no-watch" "$FERROTUNNEL"
done
all_linked
export XDG_RUNTIME_DIR=$dir RUNTIME_DIRECTORY=$dir/run
"$FERROTUNNEL" cluster status --control "$dir/a.sock" >"$dir/run.out" || fail "cluster status"
for name in b c; do has_text "$dir/run.out" "\b$name\b"; done

say "the client of the page"
serve_http pages
line=$(commands '^ferrotunnel http 3000')
line=${line/ 3000/ $backend}
line=${line//a.example.com/${address[a]}:$control_port}
line=${line//b.example.com/${address[b]}:$control_port}
line=${line//c.example.com/${address[c]}:$control_port}
programs[client]=1
start client bash -c "cd '$dir/machine_b' && exec ${line/\"\$FERROTUNNEL\"/\"\$0\"} --control off" "$FERROTUNNEL"
host=$(sed -n 's/.*--host \([^ ]*\).*/\1/p' <<<"$line")
for name in "${members[@]}"; do
    edge=${address[$name]}:$http
    wait_until $patience "$host at $name" status_is "$host" /name/n 200
done

is_at_two() { [[ $(for name in "${members[@]}"; do status_of_member "$name" && grep -c '"tunnels":\[{' "$dir/status.$name"; done | grep -c 1) == 2 ]]; }
wait_until $patience "the client at two servers" is_at_two

say "the key is replaced, step by step"
steps=0
while read -r step; do
    (cd "$dir/machine_a" && eval "$step") >"$dir/run.out" 2>"$dir/run.err" || fail "$step: $(<"$dir/run.err")"
    for name in "${members[@]}"; do
        [[ $name == a ]] || cp -p "$dir/machine_a/cluster.key" "$dir/machine_$name/"
        reloads=$(count_of "$name" 'was read again')
        signal "$name" HUP
        wait_until $patience "the reload of $name" count_is "$name" 'was read again' $((reloads + 1))
    done
    steps=$((steps + 1))
done < <(commands '^ferrotunnel cluster key --')
equal "steps" "$steps" 3
signal c TERM
join_ok c
start c bash -c "cd '$dir/machine_c' && exec \"\$0\" run --config ferrotunnel.yml --no-watch" "$FERROTUNNEL"
all_linked # by the new key

say "the last command of the page"
signal c TERM
join_ok c
unset "programs[c]"
wait_linked a b
eval "$(commands '^ferrotunnel cluster forget') --control $dir/a.sock" >"$dir/run.out" 2>&1 || fail "$(<"$dir/run.out")"

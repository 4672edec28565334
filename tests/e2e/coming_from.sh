# docs/coming-from.md: its files pass `ferrotunnel check`, its command lines are run, against a server on this machine, and
# each row of its tables is looked at: keys by `check`, commands by running them.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"

page=$E2E_SOURCE/../../docs/coming-from.md
make_token

# blocks LANGUAGE: what stands in the blocks of that language, one file each, $dir/LANGUAGE-N.
blocks() {
    awk -v language="$1" -v prefix="$dir/$1-" '
        $0 == "```" language { inside = 1; ++count; next }
        /^```/ { inside = 0 }
        inside { print > (prefix count) }
    ' "$page"
}

say "files"
blocks yaml
files=0
for file in "$dir"/yaml-*; do
    mv "$file" "$file.yml"
    (cd "$dir" && "$FERROTUNNEL" check "${file##*/}.yml") >"$dir/check.out" 2>"$dir/check.err" ||
        fail "${file##*/}: $(<"$dir/check.err")"
    files=$((files + 1))
done
at_least "files" $files 3

say "rows of the tables"
python3 "$E2E_SOURCE/coming_from_rows.py" "$FERROTUNNEL" "$E2E_SOURCE/../../docs" "$E2E_SOURCE/../../plugins" "$dir" \
    >"$dir/commands" 2>"$dir/rows.err" || fail "$(<"$dir/rows.err")"
mkdir -p "$dir/www"

say "command lines"
blocks sh
{
    cat "$dir"/sh-*
    sed -e "s#/srv/www#$dir/www#" -e 's/$/ --server tunnel.example.com --token-file token/' "$dir/commands"
} >"$dir/lines"
start_edge --domain tunnel.example.com --https-bind 127.0.0.1:0
lines=0
while read -r line; do
    lines=$((lines + 1))
    name=line$lines
    line=${line//tunnel.example.com --token-file token/"$control --token-file $dir/token"}
    line=${line//--token-file token/--token-file $dir/token}
    read -r -a words <<<"$line"
    services=0
    for i in "${!words[@]}"; do
        case ${words[i]} in
            0.0.0.0:*) words[i]=127.0.0.1:0 ;;
            --http | --tcp) services=$((services + 1)) ;;
        esac
        # A public port of the page may be taken here.
        case ${words[i - 1]-} in
            --tcp) words[i]=$(free_port)=${words[i]#*=} ;;
            --remote-port) words[i]=$(free_port) ;;
        esac
    done
    say "  ${words[*]:0:4} ..."
    equal "the program of line $lines" "${words[0]}" ferrotunnel
    programs[$name]=1
    if [[ ${words[1]} == server ]]; then
        has_bind=$(printf '%s\n' "${words[@]}" | grep -c -x -e --bind || true)
        ((has_bind)) || words+=(--bind 127.0.0.1:0)
        start "$name" env FERROTUNNEL_HTTP_BIND=127.0.0.1:0 "$FERROTUNNEL" "${words[@]:1}" --tcp-bind 127.0.0.1 --state-dir "$dir/$name.state" \
            --endpoint-file "$dir/$name.endpoints"
        wait_until $patience "the endpoints of $name" endpoint_or_end "$name" '^control '
        is_running "$name" || fail "$name has ended"
    else
        start "$name" "$FERROTUNNEL" "${words[@]:1}" --endpoint-file "$dir/$name.endpoints"
        wait_for_services "$name" "$((services > 0 ? services : 1))"
    fi
    signal "$name" TERM
    join_ok "$name"
done <"$dir/lines"
at_least "command lines" $lines 17

say "commands that ask a program that runs"
cat >"$dir/asked.yml" <<END
client:
  server: $control
  token: file:token
  control: $dir/asked.sock
  inspect: on
  endpoint_file: $dir/asked.endpoints
  services: [{tcp: 0, local: 22}]
END
programs[asked]=1
start asked "$FERROTUNNEL" client --config "$dir/asked.yml"
wait_for_services asked 1
mapfile -t commands < <(grep '^|' "$page" | grep -o '`ferrotunnel [a-z]*`' | tr -d '`' | sort -u)
at_least "such commands" "${#commands[@]}" 3
for command in "${commands[@]}"; do
    "$FERROTUNNEL" "${command#* }" --control "$dir/asked.sock" >"$dir/said.out" 2>"$dir/said.err" ||
        fail "$command: $(<"$dir/said.err")"
done
equal "lines that are not ours" "$(grep -c -v '^ferrotunnel ' "$dir/lines" || true)" 0

# docs/coming-from.md: each row of its tables is imported (coming_from_rows.py), and the commands of this program that stand
# in them are run against a server on this machine.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
python=$(python_with yaml) || skip "no python3 has yaml (Debian: python3-yaml)"

page=$E2E_SOURCE/../../docs/coming-from.md
make_token
# Commands of the page have names of files without a folder.
cd "$dir"
mkdir -p www

say "rows of the tables"
"$python" -B "$E2E_SOURCE/coming_from_rows.py" "$FERROTUNNEL" "$E2E_SOURCE/../../docs" "$E2E_SOURCE/../../plugins" "$dir" \
    >"$dir/commands" 2>"$dir/rows.err" || fail "$(<"$dir/rows.err")"

say "command lines"
(umask 077 && echo a-long-password >"$dir/ann.password")
start_edge --domain tunnel.example.com --https-bind 127.0.0.1:0
lines=0
while read -r line; do
    lines=$((lines + 1))
    name=line$lines
    line=${line/ --server tunnel.example.com/}
    line=${line/\/srv\/www/$dir/www}
    read -r -a words <<<"$line"
    equal "the program of line $lines" "${words[0]}" ferrotunnel
    # Ports of the page may be taken here.
    for i in "${!words[@]}"; do
        case ${words[i - 1]-} in
            --remote-port) words[i]=$(free_port) ;;
            --metrics) words[i]=127.0.0.1:0 ;;
        esac
    done
    say "  ${words[*]:0:6} ..."
    programs[$name]=1
    start "$name" "$FERROTUNNEL" "${words[@]:1}" --server "$control" --token-file "$dir/token" \
        --endpoint-file "$dir/$name.endpoints"
    wait_for_services "$name" 1
    signal "$name" TERM
    join_ok "$name"
done <"$dir/commands"
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
mapfile -t commands < <(grep -v '^|' "$page" | grep -o -E '`ferrotunnel (status|inspect|reload)`' | tr -d '`' | sort -u)
at_least "such commands" "${#commands[@]}" 2
for command in "${commands[@]}"; do
    "$FERROTUNNEL" "${command#* }" --control "$dir/asked.sock" >"$dir/said.out" 2>"$dir/said.err" ||
        fail "$command: $(<"$dir/said.err")"
done

# Completion at the prompts of bash, zsh and fish, as far as they are installed; and every option of every command in all
# of their scripts and in the man pages.
source "$(dirname "$0")/lib.sh"
need python3

shells=(bash)
for shell in zsh fish; do
    if command -v $shell >/dev/null; then
        shells+=($shell)
    else
        say "note: there is no $shell, so it is not tried"
    fi
done

names_of() { "$FERROTUNNEL" complete "$@"; }
for shell in bash zsh fish; do
    "$FERROTUNNEL" completion $shell >"$dir/$shell.script"
done
for shell in "${shells[@]}"; do
    $shell -n "$dir/$shell.script" || fail "the script for $shell is not valid"
done

say "every option of every command"
count=0
mapfile -t commands < <("$FERROTUNNEL" --help | sed -nE 's/^  ([a-z]+)  .*/\1/p; s/^Also: //p' | tr -d ',' | tr ' ' '\n')
at_least "commands" "${#commands[@]}" 25
# Commands below others, as their usage names them.
for command in "${commands[@]}"; do
    operand=$("$FERROTUNNEL" "$command" --help | sed -nE "s/^Usage: ferrotunnel $command \[([a-z|-]+)\] .*/\1/p")
    for word in ${operand//|/ }; do
        if "$FERROTUNNEL" "$command" "$word" --help | grep -q "^ferrotunnel $command $word: "; then
            commands+=("$command $word")
        fi
    done
done
printf '%s\n' "${commands[@]}" | grep -qx 'services add' || fail "the commands below services are not found"
# in_bash COMMAND: the options that the completion of bash offers, one a line; and so on.
in_bash() { bash -c 'source "$1"; _ferrotunnel_table "$2" "" && printf "%s\n" $flags $values' - "$dir/bash.script" "$1"; }
in_zsh() {
    awk -v line="        '$1')" '$0 == line { on = 1 } on { print } on && /^ *;;$/ { exit }' "$dir/zsh.script" |
        sed -nE "s/^ +'(\*|\([^)]*\))?(--[a-z0-9+-]+).*/\2/p"
}
in_fish() { grep -F -- "-n '__ferrotunnel_at \\'$1\\''" "$dir/fish.script" | sed -nE 's/.* -l ([a-z0-9+-]+) .*/--\1/p'; }
in_man() { "$FERROTUNNEL" man "${1%% *}" | sed -nE 's/.*\\fB(\\-\\-[^ ]*)\\fR.*/\1/p' | tr -d '\\'; }
for command in "${commands[@]}"; do
    read -r -a words <<<"$command"
    "$FERROTUNNEL" "${words[@]}" --help all | sed -nE 's/^  (-[a-zA-Z], )?(--[a-z0-9+-]+).*/\2/p' | sort -u >"$dir/options"
    for place in bash zsh fish man; do
        equal "options of $command that are not in $place" "$(comm -23 "$dir/options" <(in_$place "$command" | sort -u))" ""
    done
    unknown=$(in_bash "$command" | sed -E '/^-.$/d; /^--help$/d' | sort -u | comm -13 "$dir/options" -)
    equal "options of $command in the completion only" "$unknown" ""
    count=$((count + $(wc -l <"$dir/options")))
done
at_least "options" "$count" 400

say "names of what runs"
(umask 077 && "$FERROTUNNEL" token >"$dir/alice" && "$FERROTUNNEL" token >"$dir/bob")
make_token
start_server --token-file "$dir/alice" --token-file "$dir/bob" --http-bind "127.0.0.1:$(free_port)" --domain example.com
serve backend echo
client_token=$dir/alice ready_client client 2 --name laptop --tcp "0=$backend" --http "=$backend"
host=$(sed -nE 's|^service .* http://([^:]*):.*|\1|p' "$dir/client.endpoints")
equal "tokens" "$(names_of tokens | tr '\n' ' ')" "alice bob token "
equal "clients" "$(names_of clients)" laptop
equal "hosts" "$(names_of hosts)" "$host"
names_of services | grep -qx "$backend" || fail "the service $backend is not completed: $(names_of services)"
socket=$(names_of sockets | grep '/server')
equal "clients at a socket" "$(names_of clients --control "$socket")" laptop
equal "one token" "$("$FERROTUNNEL" tokens bob | awk 'NR == 3 { print $1 }')" bob
! "$FERROTUNNEL" tokens carol >"$dir/none.out" 2>&1 || fail "there is a token that nobody has made"

say "quick and silent where nothing answers"
equal "without a program" "$(names_of services --control "$dir/nothing" 2>&1)" ""
start deaf python3 -c '
import socket, sys, time
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("listening", flush=True)
time.sleep(3600)' "$dir/deaf.sock"
chmod 700 "$dir"
wait_for_text deaf listening
began=$(now_ms)
equal "of a program that does not answer" "$(names_of services --control "$dir/deaf.sock" 2>&1)" ""
at_least "milliseconds that it waited" "$(($(now_ms) - began))" 900
kill_now deaf
code=0
names_of nothing >"$dir/wrong.out" 2>&1 || code=$?
equal "exit code for an unknown word" "$code" 2

say "a thousand names at most"
start many python3 -c '
import http.server, json, socketserver, sys
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def address_string(self):
        return "here"
    def do_GET(self):
        body = json.dumps({"services": [{"name": "s%04d" % i} for i in range(1001)]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
with socketserver.ThreadingUnixStreamServer(sys.argv[1], Answer) as server:
    print("listening", flush=True)
    server.serve_forever()' "$dir/many.sock"
wait_for_text many listening
equal "names" "$(names_of services --control "$dir/many.sock" | wc -l)" 1000
kill_now many

say "names that a shell would not take as they are, are left out"
client_token=$dir/bob ready_client pattern 1 --name 'lap[a-z]*' --tcp "0=127.0.0.2:1"
client_token=$dir/bob ready_client dashed 1 --name=--for --tcp "0=127.0.0.2:2"
equal "clients" "$(names_of clients)" laptop

say "at the prompt"
mkdir "$dir/bin" "$dir/here" "$dir/here/folder"
: >"$dir/here/token.txt"
: >"$dir/here/ferry.yml"
cat >"$dir/bin/ferrotunnel" <<END
#!/bin/bash
[[ \${1-} != complete ]] || exec '$FERROTUNNEL' "\$@"
printf '<%s>' "\$@" >>"\$RESULTS"
echo >>"\$RESULTS"
END
chmod +x "$dir/bin/ferrotunnel"
cat >"$dir/cases" <<END
ferrotunnel complet\\tb\\t
<completion><bash>
ferrotunnel http 3000 --log-le\\tde\\t
<http><3000><--log-level><debug>
ferrotunnel http --log-level=de\\t 3000
<http><--log-level=debug><3000>
ferrotunnel client --token-file tok\\t
<client><--token-file><token.txt>
ferrotunnel check fer\\t
<check><ferry.yml>
ferrotunnel check -c fer\\t
<check><-c><ferry.yml>
ferrotunnel files fol\\t
<files><folder/>
ferrotunnel plugin check tok\\t
<plugin><check><token.txt>
ferrotunnel services rem\\t${backend%:*}:\\t
<services><remove><$backend>
ferrotunnel services add --client lap\\t
<services><add><--client><laptop>
ferrotunnel kick --control=$socket lap\\t
<kick><--control=$socket><laptop>
ferrotunnel kick lap\\t --fo\\t 10m
<kick><laptop><--for><10m>
ferrotunnel tokens bo\\t
<tokens><bob>
ferrotunnel man inspe\\t
<man><inspect>
ferrotunnel help inspe\\t
<help><inspect>
ferrotunnel route ${host:0:3}\\t
<route><$host>
END
export PATH=$dir/bin:$PATH HOME=$dir TERM=xterm
cd "$dir/here"
for shell in "${shells[@]}"; do
    say "$shell"
    case $shell in
        bash) run=(bash --norc --noprofile -i) set_up="source $dir/bash.script" ;;
        zsh) run=(zsh -f -i) set_up="autoload -Uz compinit; compinit -u -D; source $dir/zsh.script" ;;
        fish) run=(fish --no-config -i) set_up="source $dir/fish.script" ;;
    esac
    { printf '%s\n%s\n' "$set_up; ferrotunnel ready" "<ready>" && cat "$dir/cases"; } >"$dir/$shell.cases"
    : >"$dir/$shell.results"
    RESULTS=$dir/$shell.results python3 "$E2E_SOURCE/shell_keys.py" "$dir/$shell.cases" "$dir/$shell.results" "${run[@]}" ||
        fail "the completion of $shell"
done

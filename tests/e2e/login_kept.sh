# `ferrotunnel login`: a server and its token, given once, by hand or as a join string, and what later commands make
# of it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl

export HOME=$dir/home
unset XDG_CONFIG_HOME
mkdir "$HOME"
kept=$HOME/.config/ferrotunnel/login
serve_http greeter
greeter=$backend
start_server --http-bind 127.0.0.1:0 --domain t.localhost
port=${control##*:}
pin=$(sed -n 's/^  TLS pin *//p' "$dir/server.out")
(umask 077 && "$FERROTUNNEL" token >"$dir/other.token")
# code_of NAME COMMAND...: its exit code, with what it has said in NAME.out and NAME.err.
code_of() {
    local name=$1 code=0
    shift
    timeout $patience "$@" >"$dir/$name.out" 2>"$dir/$name.err" </dev/null || code=$?
    echo $code
}
# fetches NAME OPTION...: `http` with nothing but what is kept; the first URL that it prints answers.
fetches() {
    local name=$1 url
    shift
    programs[$name]=1
    start "$name" "$FERROTUNNEL" http "${greeter##*:}" "$@"
    wait_for_text "$name" '^  http://'
    url=$(grep -o 'http://[^ ]*' "$dir/$name.out" | head -n 1)
    [[ $(curl -s --noproxy '*' --max-time $patience -o /dev/null -w '%{http_code}' "$url") == 200 ]] || fail "nobody answers at $url"
    signal "$name" TERM
    join_ok "$name"
}

say "without a login nobody knows the server"
equal "exit code" "$(code_of nothing "$FERROTUNNEL" http 3000)" 2
has_text "$dir/nothing.err" '--server: missing: .*`ferrotunnel login` saves one'

say "a server and its token"
equal "exit code" "$(code_of login "$FERROTUNNEL" login "localhost:$port" --token-file "$dir/token" --tls-pin "$pin")" 0
has_text "$dir/login.out" "logged in to localhost:$port; saved in $kept"
equal "mode of the file" "$(stat -c %a "$kept")" 600
equal "mode of the folder" "$(stat -c %a "${kept%/*}")" 700
fetches first

say "a join string"
join=$("$FERROTUNNEL" token --join "localhost:$port" --token-file "$dir/token" --tls-pin "$pin")
equal "the join string" "$join" "ftjoin:localhost:$port,$token,$pin"
equal "what is kept is one" "$(<"$kept")" "$join"
rm "$kept"
equal "exit code" "$(code_of joined "$FERROTUNNEL" login "$join")" 0
equal "what is kept" "$(<"$kept")" "$join"
fetches second
say "a join string from a pipe, and from a pipe that has none"
rm "$kept"
piped=(bash -c 'printf "%s\n" "$1" | "$0" login' "$FERROTUNNEL")
equal "exit code" "$(code_of piped "${piped[@]}" "$join")" 0
equal "what is kept" "$(<"$kept")" "$join"
equal "exit code" "$(code_of empty "${piped[@]}" '')" 2
has_text "$dir/empty.err" 'HOST: missing: .*a join string, which can also be piped in'
equal "exit code" "$(code_of mistyped "${piped[@]}" 'tunnel.example.com')" 2
has_text "$dir/mistyped.err" 'JOIN: '
say "the command that the server prints when it starts"
read -r -a words < <(sed -n 's/^  ferrotunnel token/token/p' "$dir/server.out")
equal "the join string" "$("$FERROTUNNEL" "${words[@]}")" "ftjoin:t.localhost:$port,$token,$pin"
has_text "$dir/server.out" "^  ferrotunnel client --server t\.localhost:$port --tcp"
has_text "$dir/server.out" "^  ferrotunnel http 3000 --server t\.localhost:$port"

# The command about a log-in that the server NAME has printed, as a shell reads it.
printed() { sed -n 's/^  ferrotunnel \(token --join\|login\)/"$FERROTUNNEL" \1/p' "$dir/$1.out"; }
# another NAME COMMAND...: a server, with the certificate of the first one.
another() {
    programs[$1]=1
    start "$1" env FERROTUNNEL_ENDPOINT_FILE="$dir/$1.endpoints" "${@:2}"
    wait_until $patience "the endpoints of $1" endpoint_or_end "$1" '^control '
}
options=(--bind 127.0.0.1:0 --tcp-bind 127.0.0.1 --http-bind off --control off --state-dir "$dir/state")
say "that command where the files of tokens stand in a configuration file"
mkdir "$dir/a folder"
for name in first second third fourth fifth; do (umask 077 && "$FERROTUNNEL" token >"$dir/a folder/$name"); done
(umask 077 && echo a-weak-token-of-a-person >"$dir/a folder/weak")
cat >"$dir/a folder/edge.yml" <<END
server:
  bind: 127.0.0.1:0
  tcp_bind: 127.0.0.1
  http_bind: off
  control: off
  state_dir: $dir/state
  endpoint_file: $dir/filed.endpoints
  allow_weak_token: on
  token:
    - file:weak
    - {name: one, secret: file:first}
    - file:second
    - file:third
    - file:fourth
    - file:fifth
END
another filed "$FERROTUNNEL" run --config "$dir/a folder/edge.yml"
joined=$(eval "$(printed filed)")
[[ $joined == "ftjoin:127.0.0.1:"*",$(<"$dir/a folder/first"),$pin" ]] || fail "the command printed another join string: $(printed filed)"
has_text "$dir/filed.out" "  Files of other tokens: '$dir/a folder/second', .*/third', .*/fourth', and 1 more\$"
signal filed TERM
join_ok filed
say "in a variable"
another varied env FERROTUNNEL_TOKEN_FILE="$dir/token" "$FERROTUNNEL" server "${options[@]}"
[[ $(eval "$(printed varied)") == "ftjoin:127.0.0.1:"*",$token,$pin" ]] || fail "the command: $(printed varied)"
signal varied TERM
join_ok varied
say "and where there is no file: it asks for the token"
another fileless env FERROTUNNEL_TOKEN="$token" "$FERROTUNNEL" server "${options[@]}"
read -r -a words < <(printed fileless)
equal "exit code" "$(code_of asked "$FERROTUNNEL" "${words[@]:1}" --token-file "$dir/token")" 0
signal fileless TERM
join_ok fileless
say "a server without TLS prints no command for a log-in, which needs it"
another plain "$FERROTUNNEL" server --token-file "$dir/token" "${options[@]}" --tls off
equal "a command" "$(printed plain)" ""
signal plain TERM
join_ok plain
say "one without a key of the server"
join=$("$FERROTUNNEL" token --join "localhost:$port" --token-file "$dir/token")
equal "exit code" "$(code_of unpinned "$FERROTUNNEL" login "$join")" 0
fetches third

say "what does not work is not kept"
before=$(<"$kept")
equal "exit code" "$(code_of wrong "$FERROTUNNEL" login "localhost:$port" --token-file "$dir/other.token")" 3
has_text "$dir/wrong.err" "not logged in to localhost:$port: .*The server does not accept the token"
equal "exit code" "$(code_of nowhere "$FERROTUNNEL" login "localhost:$(free_port)" --token-file "$dir/token")" 4
equal "exit code" "$(code_of cut "$FERROTUNNEL" login "${join:0:-3}")" 2
has_text "$dir/cut.err" 'JOIN: is incomplete or mistyped'
equal "exit code" "$(code_of foreign "$FERROTUNNEL" login ftjoin:)" 2
equal "exit code" "$(code_of both "$FERROTUNNEL" login "$join" --tls-pin "$pin")" 2
equal "what is kept" "$(<"$kept")" "$before"

say "what is said goes before what is kept"
equal "exit code" "$(code_of said "$FERROTUNNEL" http 3000 --token-file "$dir/other.token" --attempts 1)" 3
equal "exit code" "$(code_of other "$FERROTUNNEL" http 3000 --server localhost:1)" 2
has_text "$dir/other.err" '--token-file: missing'

say "a file that is wrong, or that others can read"
chmod 644 "$kept"
programs[exposed]=1
start exposed "$FERROTUNNEL" http "${greeter##*:}"
wait_for_text exposed "warning: other users can read the token in $kept"
echo nonsense >"$kept"
equal "exit code" "$(code_of spoilt "$FERROTUNNEL" http 3000)" 2
has_text "$dir/spoilt.err" 'login: is not a valid join string.*`ferrotunnel login` writes it again'

say "only tokens that the program has made; and the plain command still makes one"
(umask 077 && echo weak >"$dir/weak.token")
equal "exit code" "$(code_of weak "$FERROTUNNEL" token --join localhost --token-file "$dir/weak.token")" 2
[[ $("$FERROTUNNEL" token) == ft1_* ]] || fail "\`token\` prints no token"
equal "exit code" "$(code_of surplus "$FERROTUNNEL" token --tls-pin "$pin")" 2

# Where a token comes from: a file, several files, the environment, the command line, a prompt; and that the process list
# never shows it.
source "$(dirname "$0")/lib.sh"
need script

make_token
second=$("$FERROTUNNEL" token)
(umask 077 && echo "$second" >"$dir/second")
start_server --token-file "$dir/second"

# try NAME COMMAND...: a client of its own that must get its service.
try() {
    local name=$1
    shift
    programs[$name]=1
    start "$name" "$@" --server "$control" --endpoint-file "$dir/$name.endpoints"
    wait_for_services "$name" 1
}

say "from a file; the server's logs call it by the file's name"
try file "$FERROTUNNEL" client --token-file "$dir/token" --tcp 0=9
wait_for_text server 'token=token '
try other "$FERROTUNNEL" tcp 9 --token-file "$dir/second"
wait_for_text server 'token=second '

say "from the environment, as a value and as a file"
try variable env FERROTUNNEL_TOKEN="$token" FERROTUNNEL_TCP=0=9 "$FERROTUNNEL" client
try file_variable env FERROTUNNEL_TOKEN_FILE="$dir/token" "$FERROTUNNEL" tcp 9

say "the command line goes before the environment"
try before env FERROTUNNEL_TOKEN=wrong "$FERROTUNNEL" tcp 9 --token-file "$dir/second"

for separator in " " =; do
    form="--token$separator$token"
    say "from the command line, as --token${separator}TOKEN"
    name=argument_$([[ $separator == = ]] && echo equals || echo blank)
    # shellcheck disable=SC2086
    try "$name" "$FERROTUNNEL" tcp 9 $form
    ! grep -q -a -F "$token" "/proc/$(pid_of "$name")/cmdline" || fail "the process list shows the token"
    has_text "/proc/$(pid_of "$name")/cmdline" '\*\*\*\*'
    wait_for_text "$name" '^hint: .*'
done

say "a path without the option for files is not a token"
path_is_refused() {
    local place=$1
    shift
    ! timeout $patience "$@" >"$dir/path.out" 2>"$dir/path.err" </dev/null || fail "a path is taken for a token"
    has_text "$dir/path.err" "^  $place: is the path of a file, not a token; give it to --token-file"
}
path_is_refused --token "$FERROTUNNEL" client --server "$control" --tcp 0=9 --token "$dir/token"
path_is_refused --token "$FERROTUNNEL" server --bind 127.0.0.1:0 --token ./token
path_is_refused FERROTUNNEL_TOKEN env FERROTUNNEL_TOKEN="$dir/token" "$FERROTUNNEL" tcp 9 --server "$control"

say "from a prompt, without echo; Ctrl-C ends it"
mkfifo "$dir/keyboard"
exec {keyboard}<>"$dir/keyboard"
start prompt bash -c 'exec script -qec "$0" /dev/null <"$1"' \
    "$FERROTUNNEL tcp 9 --server $control --endpoint-file $dir/prompt.endpoints" "$dir/keyboard"
wait_for_text prompt "Token for $control:"
echo "$token" >&$keyboard
wait_for_services prompt 1
printf '\003' >&$keyboard
join_ok prompt

say "a prompt that is ended by Ctrl-C starts nothing"
start unanswered bash -c 'exec script -qec "$0" /dev/null <"$1"' "$FERROTUNNEL tcp 9 --server $control" "$dir/keyboard"
wait_for_text unanswered "Token for $control:"
printf '\003' >&$keyboard
join unanswered
equal "exit code" "${exit_codes[unanswered]}" 2
has_text "$dir/unanswered.out" 'no token was given'
check_alive

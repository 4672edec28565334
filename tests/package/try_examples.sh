#!/usr/bin/env bash
# try_examples.sh EXAMPLES: runs the built examples together, as their first comments describe. Its environment is that
# of an end-to-end test.
#
#     curl -> server (the program) -> expose_port -> server -> serve_in_process
#     embed_server -> client (the program) -> a service that answers after the end of the question
source "$(dirname "$0")/../e2e/lib.sh"

examples=$1
need curl
make_token
export FERROTUNNEL_TOKEN=$token FERROTUNNEL_STATE_DIR=$dir/state

# example NAME ARGUMENT...: for Enter, it can read from the pipe $dir/NAME.keys.
example() {
    mkfifo "$dir/$1.keys"
    programs[$1]=1
    start "$1" bash -c 'exec "${@:2}" <>"$1"' bash "$dir/$1.keys" "$examples/$1" "${@:2}"
}

# printed NAME PATTERN: what the parentheses of the pattern match in its output, as soon as they do.
printed() {
    wait_until $patience "\"$2\" from $1" line_or_end "$1" "$2"
    sed -nE "s#.*$2.*#\\1#p" "$dir/$1.out" | grep -m 1 . || fail "$1 ended without printing \"$2\""
}
line_or_end() { grep -qE -- "$2" "$dir/$1.out" || has_ended "$1"; }

say "curl through two tunnels"
start_server --http-bind 127.0.0.1:0
example serve_in_process "$control"
inner=$(printed serve_in_process 'http://([^/]+)/')
example expose_port "$control" "$inner"
outer=$(printed expose_port '(127\.0\.0\.1:[0-9]+)')
answer=$(curl --silent --show-error --fail --noproxy '*' --max-time $patience "http://$outer/")
say "expose_port $outer -> serve_in_process $inner: $answer"
[[ $answer == Hello* ]] || fail "a greeting was expected, not \"$answer\""
echo >"$dir/expose_port.keys"
join_ok expose_port
# One signal ends it; at the end of the test it would get two, and the second may come when it no longer looks.
signal serve_in_process TERM
join_ok serve_in_process

if [[ -x $examples/serve_http ]]; then
    say "an HTTP service inside a program, several requests on one stream"
    example serve_http "$control" app.example.com
    url=$(printed serve_http '(http://app\.example\.com:[0-9]+)')
    ask=(curl --silent --show-error --fail --noproxy '*' --max-time $patience --connect-to "::127.0.0.1:")
    answers=$("${ask[@]}" "$url/first" "$url/second" --data-binary "0123456789")
    equal "the answers" "$answers" "$(printf 'POST /first: 10 bytes\nPOST /second: 10 bytes')"
    signal serve_http TERM
    join_ok serve_http
else
    say "SKIPPED: the HTTP service inside a program, since libhttp-parser-dev is not installed"
fi

say "a server inside an application asks a service"
example embed_server 127.0.0.1:0
control=$(printed embed_server 'clients connect to (.+)')
serve shouting line rest text:HELLO
start_client client --tcp "0=$backend"
equal "the answer" "$(printed embed_server 'says: (.+)')" HELLO
join_ok embed_server
has_text "$dir/shouting.out" 'line hello'

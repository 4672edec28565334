# What the tests of services that a client keeps beside its file have in common: a page, a server, and a client with a file
# of its own; sourced behind lib.sh and run_lib.sh. `config` writes the file, and is each test's own.
#
# shellcheck shell=bash
socket=$dir/run/client.sock
file=$dir/etc/client.yml
kept=$dir/etc/conf.d/90-runtime.yml

# serve_page: a web server with /page; its port is then in $web.
serve_page() {
    mkdir "$dir/files" "$dir/etc"
    echo hello >"$dir/files/page"
    web=$(free_port)
    start web python3 -m http.server --bind 127.0.0.1 --directory "$dir/files" "$web"
    wait_for_port "127.0.0.1:$web" web
}
# write_config SERVICE...: the client's file with these services, each a line of YAML; renamed into its place.
write_config() {
    printf '%s\n' "client:" "  server: $control" "  token: file:$dir/token" "  workers: 1" "  services:" >"$file.aside"
    printf '    - %s\n' "$@" >>"$file.aside"
    mv "$file.aside" "$file"
}
fetches() { [[ $(curl -sS --max-time 10 "http://127.0.0.1:$1/page" 2>/dev/null) == hello ]]; }
is_gone() { refuses "127.0.0.1:$1"; }
# start_configured PORT [OPTION...]: the client with its file, until the service at that port is there.
start_configured() {
    programs[client]=1
    start client "$FERROTUNNEL" client --config "$file" --no-watch "${@:2}"
    wait_until $patience "the service of the file" fetches "$1"
}

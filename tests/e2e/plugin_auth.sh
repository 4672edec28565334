# The plugin `auth` in a server: passwords as htpasswd makes them, keys of programs, a file of users that changes, and who
# guesses too often.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx sha256sum
[[ -e $FERROTUNNEL_PLUGINS/auth.so ]] || skip "the plugin auth is not built"

# ann's password is "first", then "second", as `htpasswd -nbB` says where that is installed.
first='ann:$2y$05$G9TmUOIh5Oh96d3YoeNeq.q53FYd1fQvNS0Ljl3x3cw1164B2U8QC'
second='ann:$2y$05$qH5PJweauZN1YNdrbdKAxe2zyJ6A4wOAA07Y1k7gVY3QIhSUEtQSq'
if command -v htpasswd >/dev/null; then
    first=$(htpasswd -nbB ann first)
    second=$(htpasswd -nbB ann second)
fi
printf '# people\n%s\n' "$first" >"$dir/users"
key=0123456789abcdef0123456789abcdef
digest=$(printf %s $key | sha256sum | cut -d ' ' -f 1)

cat >"$dir/edge.yml" <<END
server:
  plugins:
    chain:
      - auth:
          users_file: users
          keys: {deploy: $digest}
          key_header: X-API-Key
          realm: Behind "the" gate
          user_header: X-User
          lockout: {failures: 6, duration: 1h}
END
printf 'server:\n  token: file:token\n  plugins:\n    chain:\n      - auth: {users_file: wrong}\n' >"$dir/wrong.yml"

start_nginx 'location /who { return 200 "$http_x_user|$http_authorization|$http_x_api_key|$http_cookie"; }'
start_edge --config "$dir/edge.yml"
ready_client client 1 --http "app.example.com=$nginx"
who() { ask app.example.com /who "$@"; }
status() { status_of app.example.com /who "$@"; }

say "nobody comes in without credentials"
equal "the status" "$(status)" "401 auth_required"
has_text "$dir/head" '^WWW-Authenticate: Basic realm="Behind \\"the\\" gate", charset="UTF-8"'
equal "a name alone" "$(status -H 'X-User: ann')" "401 auth_required"

say "passwords"
equal "the right one" "$(who -u ann:first -H 'X-User: root' -H 'x_user: root' -b a=b)" "ann|||a=b"
equal "the right one, known by now" "$(who -u ann:first -H 'X-User: root')" "ann|||"
equal "a wrong one" "$(status -u ann:second)" "401 auth_failed"
equal "a user who is not there" "$(status -u bob:first)" "401 auth_failed"
equal "no password at all" "$(status -u ann:)" "401 auth_failed"
equal "what is not valid base64" "$(status -H 'Authorization: Basic ann:first')" "401 auth_failed"
equal "two of them" "$(status -H 'Authorization: Basic YW5uOmZpcnN0' -H 'Authorization: Basic YW5uOmZpcnN0')" \
    "401 auth_failed"

say "keys"
equal "the right one" "$(who -H "X-API-Key: $key" -H 'X-User: root')" "deploy|||"
equal "its digest" "$(status -H "X-API-Key: $digest")" "401 auth_failed"
equal "in another field" "$(status -H "Authorization: Bearer $key")" "401 auth_required"

say "many at once"
pids_of_visitors=()
for i in {1..24}; do
    who -u ann:first >"$dir/crowd.$i" &
    pids_of_visitors+=($!)
done
wait "${pids_of_visitors[@]}"
for i in {1..24}; do
    equal "visitor $i" "$(<"$dir/crowd.$i")" "ann|||"
done

say "the file changes; a bad one changes nothing"
printf 'ann:second\n' >"$dir/users.new"
mv "$dir/users.new" "$dir/users"
wait_for_text server "line (1) whose hash is not a valid hash"
equal "the right one, still" "$(who -u ann:first)" "ann|||"
printf '%s\n' "$second" >"$dir/users.new"
mv "$dir/users.new" "$dir/users"
old_is_refused() { [[ $(status -u ann:first) == "401 auth_failed" ]]; }
wait_until $patience "the new file" old_is_refused
equal "the new one" "$(who -u ann:second)" "ann|||"

say "who guesses too often is shut out, from where the guesses came"
for guess in 1 2 3 4 5 6; do # the right one before them has wiped out what was counted
    equal "guess $guess" "$(status -u "ann:$guess")" "401 auth_failed"
done
equal "the right one" "$(status -u ann:second)" "429 auth_locked"
has_text "$dir/head" '^Retry-After: [123][0-9][0-9][0-9]'
equal "from elsewhere" "$(who -u ann:second --interface 127.0.0.2)" "ann|||"
equal "a key" "$(who -H "X-API-Key: $key")" "deploy|||"

say "guesses that come together get no further"
pids_of_visitors=()
for i in {1..16}; do
    curl -s -m $patience -o /dev/null -w '%{http_code}\n' --interface 127.0.0.3 -u "ann:guess$i" -H 'Host: app.example.com' \
        "http://$edge/who" >"$dir/guess.$i" &
    pids_of_visitors+=($!)
done
wait "${pids_of_visitors[@]}"
equal "guesses that were checked" "$(cat "$dir"/guess.* | grep -c '^401$')" 6
equal "the others" "$(cat "$dir"/guess.* | grep -c '^\(429\|503\)$')" 10
equal "the right one" "$(status -u ann:second --interface 127.0.0.3)" "429 auth_locked"

say "hashes that differ in cost are told"
printf '%s\n%s\n' "$second" 'bob:$2b$04$N8IvvlEesT7KQbYYxu0SaOFtMSmFkGbQaUyE1KzUEIkBo/Zc/SUca' >"$dir/users.new"
mv "$dir/users.new" "$dir/users"
wait_for_text server 'differ in cost (bcrypt 04: 1, bcrypt 05: 1)'

say "what is too weak is told with its place"
printf 'ann:$apr1$Fke9GDwC$PjzbZwajnXzhGSGxg4cIO/\n' >"$dir/wrong"
! "$FERROTUNNEL" check "$dir/wrong.yml" >"$dir/check.out" 2>&1 || fail "check accepts an MD5 hash"
has_text "$dir/check.out" 'wrong.yml:5:.*users_file.*line (1).*htpasswd -B'
check_alive

# A folder as a service, in the real programs: ranges, conditions, listings, what must never get out of the folder, a large
# file, and changes while it runs.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl sha256sum

site=$dir/site
mkdir -p "$site/docs" "$site/sub" "$site/.git" "$site/.well-known"
echo "the secret" >"$dir/secret.txt"
echo "home" >"$site/index.html"
echo "the docs" >"$site/docs/index.html"
printf '0123456789' >"$site/digits.txt"
echo "with a blank" >"$site/a b ä.txt"
echo "the secret" >"$site/.env"
echo "the secret" >"$site/.git/config"
echo "contact" >"$site/.well-known/security.txt"
echo "listed" >"$site/sub/<b>&.txt"
ln -s ../secret.txt "$site/out"
ln -s "$dir/secret.txt" "$site/absolute"
ln -s .. "$site/up"
ln -s digits.txt "$site/link.txt"
mkfifo "$site/pipe"

# offer NAME FOLDER OPTION...: by the command for files.
offer() {
    local name=$1
    shift
    programs[$name]=1
    start "$name" "$FERROTUNNEL" files "$@" --server "$control" --token-file "$dir/token" \
        --endpoint-file "$dir/$name.endpoints" --workers 2 --reconnect-max 1
    wait_for_services "$name" 1
}
# field NAME: of the last head.
field() { awk -v name="$1:" 'tolower($1) == tolower(name) { sub(/^[^:]*: */, ""); sub(/\r$/, ""); print }' "$dir/head"; }

start_edge --domain tunnel.test
cd "$dir" # the folder is relative to where the program is started
offer docs ./site --host docs.test
cd /

say "files, folders, types"
wait_for_text docs "^  http://docs.test:.* -> files:./site\$"
equal "the index" "$(ask docs.test / -D "$dir/head")" "home"
equal "its type" "$(field Content-Type)" "text/html; charset=utf-8"
equal "sniffing" "$(field X-Content-Type-Options)" "nosniff"
equal "a folder" "$(ask docs.test /docs/)" "the docs"
equal "a folder without its slash" "$(status_of docs.test '/docs?x=1')" "301"
equal "where it leads" "$(field Location)" "./docs/?x=1"
equal "following it" "$(ask docs.test '/docs?x=1' -L)" "the docs"
equal "an encoded name" "$(ask docs.test /a%20b%20%C3%A4.txt)" "with a blank"
equal "a well-known file" "$(ask docs.test /.well-known/security.txt)" "contact"
equal "HEAD" "$(ask docs.test /digits.txt -I | tr -d '\r' | awk '/^Content-Length/ { print $2 }')" 10
equal "no listing" "$(status_of docs.test /sub/)" "404"
equal "no such file" "$(ask docs.test /none)" "404 Not Found"
equal POST "$(status_of docs.test / -d body)" "405"
equal "what is allowed" "$(field Allow)" "GET, HEAD, OPTIONS"
equal OPTIONS "$(status_of docs.test / -X OPTIONS)" "204"
equal "several requests by one connection" \
    "$(curl -sS --max-time 60 -H "Host: docs.test" "http://$edge/digits.txt" "http://$edge/none" "http://$edge/docs/")" \
    "0123456789404 Not Found
the docs"

say "ranges"
equal "a part" "$(ask docs.test /digits.txt -r 2-4 -D "$dir/head")" "234"
equal "which one" "$(field Content-Range)" "bytes 2-4/10"
equal "the end" "$(ask docs.test /digits.txt -r -3)" "789"
equal "from somewhere on" "$(ask docs.test /digits.txt -r 8-)" "89"
equal "behind the end" "$(status_of docs.test /digits.txt -r 10-)" "416"
equal "the size" "$(field Content-Range)" "bytes */10"
equal "several ranges" "$(status_of docs.test /digits.txt -r 0-1,5-6)" "200"

say "conditions"
touch -d '2020-01-01 00:00:00 UTC' "$site/digits.txt"
is_strong() {
    ask docs.test /digits.txt -o /dev/null -D "$dir/head"
    [[ $(field ETag) == '"'* ]]
}
wait_until $patience "a strong entity tag" is_strong
tag=$(field ETag)
equal "the date" "$(field Last-Modified)" "Wed, 01 Jan 2020 00:00:00 GMT"
equal "If-None-Match" "$(status_of docs.test /digits.txt -H "If-None-Match: $tag")" "304"
equal "another tag" "$(status_of docs.test /digits.txt -H 'If-None-Match: "x"')" "200"
equal "If-Modified-Since" "$(status_of docs.test /digits.txt -z 'Wed, 01 Jan 2020 00:00:00 GMT')" "304"
equal "an older date" "$(status_of docs.test /digits.txt -z 'Tue, 31 Dec 2019 00:00:00 GMT')" "200"
equal "If-Match" "$(status_of docs.test /digits.txt -H 'If-Match: "x"')" "412"
equal "If-Range" "$(ask docs.test /digits.txt -r 2-4 -H "If-Range: $tag")" "234"
equal "another If-Range" "$(ask docs.test /digits.txt -r 2-4 -H 'If-Range: "x"')" "0123456789"
printf '9876543210' >"$site/digits.txt"
touch -d '2020-01-01 00:00:00 UTC' "$site/digits.txt" # same size, same time: only the system knows
equal "a changed file" "$(ask docs.test /digits.txt -H "If-None-Match: $tag")" "9876543210"

say "a date that says nothing is none"
echo first >"$site/nix.txt"
touch -d @1 "$site/nix.txt"
equal "the file" "$(ask docs.test /nix.txt -D "$dir/head")" "first"
equal "the date" "$(field Last-Modified)" ""
echo other >"$site/.new" && touch -d @1 "$site/.new" && mv "$site/.new" "$site/nix.txt"
equal "its replacement" "$(ask docs.test /nix.txt -H 'If-Modified-Since: Thu, 01 Jan 1970 00:00:01 GMT')" "other"
echo older >"$site/.new" && touch -d '2019-01-01 00:00:00 UTC' "$site/.new" && mv "$site/.new" "$site/nix.txt"
equal "one that is older than what was there" \
    "$(ask docs.test /nix.txt -H 'If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT')" "older"

say "nothing gets out of the folder"
for path in /../secret.txt /docs/../../secret.txt /%2e%2e/secret.txt /..%2fsecret.txt /docs/..%2f..%2fsecret.txt \
    /..%5csecret.txt '/..\secret.txt' //secret.txt /./../secret.txt /%252e%252e/secret.txt /%c0%ae%c0%ae/secret.txt \
    /..%00/secret.txt /docs/%2e%2e%2f%2e%2e%2fsecret.txt '/..;/secret.txt' /up/secret.txt /out /absolute /link.txt /pipe \
    /.env /.git/config /%2eenv /docs/../.env //etc/passwd /proc/self/environ /docs//index.html /index.html/; do
    code=$(ask docs.test "$path" --path-as-is -o "$dir/body" -w '%{http_code}')
    [[ $code == 40[04] ]] || fail "$path: $code"
    ! grep -q "the secret\|root:" "$dir/body" || fail "$path tells the secret"
done
equal "a dot segment behind a file" "$(ask docs.test /index.html/.. --path-as-is)" "$(ask docs.test /)" # it is the root
equal "an absolute target" "$(ask docs.test / --request-target http://docs.test/../secret.txt -o /dev/null -w '%{http_code}')" 400

say "a large file, and parts of it"
head -c 100M /dev/urandom >"$site/large"
ask docs.test /large -o "$dir/got.large"
cmp "$site/large" "$dir/got.large"
before=$(memory_of docs)
ask docs.test /large -r 5000000- | cmp - <(tail -c +5000001 "$site/large")
memory_at_most "memory of the client, KiB" "$(($(memory_of docs) - before))" 20000
head -c 30M "$site/large" >"$dir/resumed"
ask docs.test /large -C - -o "$dir/resumed"
cmp "$site/large" "$dir/resumed"

say "a file that shrinks while it is sent is cut"
cp "$site/large" "$site/shrinks"
start reader curl -sS --max-time 120 --limit-rate 10M -H "Host: docs.test" -o "$dir/got.shrinks" "http://$edge/shrinks"
wait_until $patience "the begin of the file" test -s "$dir/got.shrinks"
truncate -s 1M "$site/shrinks"
join reader
((exit_codes[reader] == 18 || exit_codes[reader] == 56)) || fail "curl has ended with ${exit_codes[reader]}"
wait_for_text docs "a file changed while it was being sent"
equal "files that are open" "$(find "/proc/$(pid_of docs)/fd" -lname "$site/*" | wc -l)" 0

say "a folder without a first page is told at the start, unless it is listed"
mkdir -p "$dir/bare"
offer bare "$dir/bare"
has_text "$dir/bare.out" "warning: $dir/bare has no index.html, so visitors of .* get 404 at /; --listing"
signal bare TERM
join_ok bare

say "a listing, where it is wanted, and a host that the server assigns"
offer listed "$site" --listing
! file_has "$dir/listed.out" 'no index.html' || fail "a folder that is listed has a warning"
host=$(public_of listed)
host=${host#http://}
host=${host%:*}
ask "$host" /sub/ -D "$dir/head" >"$dir/body"
has_text "$dir/body" '<a href="./%3Cb%3E%26.txt">&lt;b&gt;&amp;.txt</a></td><td>7</td>'
has_text "$dir/body" '<h1>/sub/</h1>'
equal "no scripts" "$(field Content-Security-Policy)" "default-src 'none'; style-src 'unsafe-inline'"
equal "the name from the listing" "$(ask "$host" /sub/%3Cb%3E%26.txt)" "listed"

if [[ -e $FERROTUNNEL_PLUGINS/auth.so ]]; then
    say "guarded by the server"
    printf 'open sesame\n' >"$dir/password"
    offer guarded "$site" --host guarded.test/files --basic-auth ann --password-file "$dir/password"
    equal "a stranger" "$(status_of guarded.test /files/ | cut -c 1-3)" 401
    equal "a friend" "$(status_of guarded.test /files/none -u "ann:open sesame")" 404
fi

say "in a configuration file, changed while it runs"
config() {
    printf '%s\n' "client:" "  server: $control" "  token: file:token" "  endpoint_file: file.endpoints" \
        "  control: file.sock" "  services:" \
        "    - {http: file.test, path: /files, strip_prefix: on, local: \"files:$1\", listing: $2}" >"$dir/file.yml.aside"
    mv "$dir/file.yml.aside" "$dir/file.yml"
}
config ./site off
programs[file]=1
start file "$FERROTUNNEL" client --config "$dir/file.yml"
wait_for_services file 1
equal "below a prefix" "$(ask file.test /files/docs/)" "the docs"
equal "following a redirect below it" "$(ask file.test /files/docs -L)" "the docs"
equal "not listed" "$(status_of file.test /files/sub/)" "404"
config ./site on
wait_until $patience "the listing" status_is file.test /files/sub/ 200
mkdir "$dir/next"
echo "the next home" >"$dir/next/index.html"
config ./next off
is_next() { [[ $(ask file.test /files/) == "the next home" ]]; }
wait_until $patience "the other folder" is_next
config ./none off
wait_for_text file "was not applied.*files:$dir/none\" cannot be opened: No such file or directory"
equal "what runs continues" "$(ask file.test /files/)" "the next home"

say "a folder that is made again counts at once; one that is gone is an answer, and told once"
mv "$dir/next" "$dir/gone"
equal "a folder that is gone" "$(status_of file.test /files/)" "503"
wait_for_text file 'the backend of a service cannot be reached.*No such file or directory'
mkdir "$dir/next"
echo "made again" >"$dir/next/index.html"
equal "a folder that was made again" "$(ask file.test /files/)" "made again"

say "a service is added to a running client, by a path that is relative to the command"
(cd "$dir" && "$FERROTUNNEL" services add --http added.test=files:site --control "$dir/file.sock") >"$dir/added.out"
has_text "$dir/added.out" "-> files:/.*/site\$"
equal "the added one" "$(ask added.test /docs/)" "the docs"
"$FERROTUNNEL" services --control "$dir/file.sock" >"$dir/services.out"
has_text "$dir/services.out" "added.test .*files:/.*/site"

say "the example of the documentation is right"
mkdir -p "$dir/example/dist" "$dir/example/old"
sed -n '/^```yaml$/,/^```$/p' "$E2E_SOURCE/../../docs/files.md" | sed '1d;$d' >"$dir/example/ferrotunnel.yml"
(umask 077 && cp "$dir/token" "$dir/example/token")
(cd "$dir/example" && "$FERROTUNNEL" check) >"$dir/check.out"
has_text "$dir/check.out" "docs.example.com/old http docs.example.com /old -> files:/.*/example/old"

say "what cannot be right is said before anything starts"
refused() {
    local code=0
    "$FERROTUNNEL" files "${@:2}" --server "$control" --token-file "$dir/token" >"$dir/refused.out" 2>&1 || code=$?
    equal "exit code of $*" "$code" 2
    has_text "$dir/refused.out" "$1"
}
refused "files:$dir/none\" cannot be opened: No such file or directory" "$dir/none"
refused "secret.txt\" is not a folder" "$dir/secret.txt"
refused 'FOLDER: missing: the folder to serve'
refused '--backend-insecure: no such option' "$site" --backend-insecure

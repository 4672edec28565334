# The plugin `compress` in a server, with curl in front of it and nginx behind it: visitors get what the backend has, whatever
# its size, as soon as it has it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx python3 sha256sum gzip
[[ -e $FERROTUNNEL_PLUGINS/compress.so ]] || skip "the plugin compress is not built"
curl --version | grep -q '^Features:.*brotli' || skip "curl has no brotli"

stalled_mebibytes=24
zeros_mebibytes=10
if ((${E2E_SANITIZED:-0})); then
    stalled_mebibytes=8 zeros_mebibytes=4
fi
growth_max=$((16 * 1024)) # KiB

cat >"$dir/edge.yml" <<END
server:
  plugins:
    chain:
      - compress: {memory: 8MiB} # room for three answers with brotli
END
start slow python3 "$E2E_SOURCE/slow_backend.py" "$dir/slow.port" "$dir"
wait_until $patience "the port of the slow backend" test -s "$dir/slow.port"
start_nginx 'location /up/fixed { add_header Cache-Control "public, no-transform"; }' \
    'location /up/picture { default_type image/png; }' \
    'location /up/events { default_type text/event-stream; }' \
    'location /up/packed { add_header Content-Encoding gzip; }'
start_edge --config "$dir/edge.yml"
ready_client client 2 --http "app.example.com=$nginx" --http "slow.example.com=127.0.0.1:$(<"$dir/slow.port")"

head_has() { has_text "$dir/head" "$1"; }
head_has_not() { ! grep -qi "$1" "$dir/head" || fail "the head has $1"; }
# coding: that of the last answer, or "plain".
coding() { awk 'tolower($1) == "content-encoding:" { found = $2 } END { print found ? found : "plain" }' "$dir/head" | tr -d '\r'; }
# get CODINGS PATH [CURL OPTION...]: what a visitor who takes these codings makes of the answer, in $dir/got.
get() { ask app.example.com "$2" --compressed -H "Accept-Encoding: $1" -D "$dir/head" -o "$dir/got" "${@:3}"; }

say "files of any size arrive as they are"
files=$dir/www/up
: >"$files/size-0"
for size in 1 1023 1024 1025 16376 16377 65536; do
    head -c $size /dev/urandom >"$files/size-$size"
done
head -c $((1 << 20)) /dev/urandom >"$files/size-$((1 << 20))"
head -c $((zeros_mebibytes << 20)) /dev/zero >"$files/size-zeros"
for accepted in gzip br; do
    for file in "$files"/size-*; do
        get $accepted "/up/${file##*/}"
        cmp "$file" "$dir/got" || fail "another body with $accepted"
        expected=$accepted
        (($(stat -c %s "$file") >= 1024)) || expected=plain
        equal "the coding of ${file##*/}" "$(coding)" $expected
    done
    at_most "bytes of zeros with $accepted" "$(ask app.example.com /up/size-zeros -H "Accept-Encoding: $accepted" | wc -c)" \
        $((zeros_mebibytes * 4096))
done
ask app.example.com /up/size-65536 -H 'Accept-Encoding: gzip' | gzip -d | cmp - "$files/size-65536" ||
    fail "another body with gzip itself"

say "what a visitor wants"
text=/up/text
for i in {1..2000}; do echo "a line of a text, the ${i}th"; done >"$dir/www$text"
wanted() { get "$1" $text && cmp "$dir/www$text" "$dir/got" && coding; }
equal "both" "$(wanted 'gzip, deflate, br')" br
equal "gzip rather" "$(wanted 'br;q=0.5, gzip')" gzip
equal "anything" "$(wanted '*')" br
equal "not this one" "$(wanted 'br;q=0, *;q=0.1')" gzip
equal "none rather" "$(wanted 'identity, gzip;q=0.2')" plain
head_has "^Vary: Accept-Encoding"
head_has "^Content-Length: $(stat -c %s "$dir/www$text")"
equal "nothing is said" "$(ask app.example.com $text -D "$dir/head" | cmp - "$dir/www$text" && coding)" plain
head_has "^Vary: Accept-Encoding"
equal "as curl asks" "$(ask app.example.com $text --compressed -D "$dir/head" | cmp - "$dir/www$text" && coding)" br
head_has "^Transfer-Encoding: chunked"
head_has_not "^Content-Length"
head_has_not "^Accept-Ranges"
head_has '^ETag: W/"'

say "what is left alone"
for name in fixed picture events; do
    cp "$dir/www$text" "$files/$name"
    get br /up/$name
    equal "the coding of $name" "$(coding)" plain
    head_has_not "^Vary"
    head_has '^ETag: "'
    cmp "$files/$name" "$dir/got" || fail "another body"
done
gzip -c "$dir/www$text" >"$files/packed"
get br /up/packed
equal "one that is packed already" "$(coding)" gzip
cmp "$dir/www$text" "$dir/got" || fail "another body"
equal "a page of nginx" "$(status_of app.example.com /up/none -H 'Accept-Encoding: br')" 404
equal "its coding" "$(coding)" plain

say "HEAD, a part, HTTP/1.0, and a file that has not changed"
get br $text
etag=$(awk 'tolower($1) == "etag:" { print $2 }' "$dir/head" | tr -d '\r')
equal "HEAD" "$(status_of app.example.com $text -I -H 'Accept-Encoding: br')" 200
equal "its coding" "$(coding)" br
head_has "^ETag: $etag"
head_has_not "^Content-Length"
equal "a part" "$(ask app.example.com $text -H 'Accept-Encoding: br' -r 5-104 -D "$dir/head")" "$(tail -c +6 "$dir/www$text" | head -c 100)"
equal "its coding" "$(coding)" plain
head_has "^HTTP/1.1 206"
head_has "^Content-Range: bytes 5-104/"
head_has "^Vary: Accept-Encoding"
equal "a part, if it is that" "$(status_of app.example.com $text -H 'Accept-Encoding: br' -r 5-104 -H "If-Range: $etag")" 200
get gzip $text --http1.0
cmp "$dir/www$text" "$dir/got" || fail "another body towards HTTP/1.0"
equal "the coding towards HTTP/1.0" "$(coding)" gzip
head_has_not "^Transfer-Encoding"
equal "asked for with its tag" "$(status_of app.example.com $text -H 'Accept-Encoding: br' -H "If-None-Match: $etag")" 304
head_has "^ETag: $etag"
head_has "^Vary: Accept-Encoding"
equal "asked for with the file's" "$(status_of app.example.com $text -H "If-None-Match: ${etag#W/}")" 304
head_has "^ETag: ${etag#W/}"
echo "another one" >>"$dir/www$text"
equal "when it has changed" "$(status_of app.example.com $text -H 'Accept-Encoding: br' -H "If-None-Match: $etag")" 200

say "answers in chunks, until the close, and one that is cut off"
lines() { for ((i = 0; i < $1; ++i)); do echo "line $i of many that are like each other"; done; }
lines 5000 >"$dir/lines"
for accepted in gzip br; do
    for path in /chunks/5000 /close/5000; do
        ask slow.example.com $path --compressed -H "Accept-Encoding: $accepted" -D "$dir/head" -o "$dir/got"
        cmp "$dir/lines" "$dir/got" || fail "another body of $path"
        equal "the coding of $path" "$(coding)" $accepted
    done
    if ask slow.example.com /cut --compressed -H "Accept-Encoding: $accepted" -o "$dir/got" 2>"$dir/why"; then
        fail "what was cut off looks complete"
    fi
done

say "a slow answer arrives line by line"
for accepted in gzip br; do
    start "reader-$accepted" curl -sS -N --max-time 300 --compressed -H "Accept-Encoding: $accepted" -H 'Host: slow.example.com' \
        "http://$edge/steps/$accepted/20"
    for i in {0..19}; do
        wait_for_text "reader-$accepted" "^line $i of"
        touch "$dir/$accepted.$i"
    done
    join_ok "reader-$accepted"
    cmp <(lines 20) "$dir/reader-$accepted.out" || fail "another body"
done

say "$stalled_mebibytes MiB for visitors who do not read at first"
head -c $((stalled_mebibytes << 20)) /dev/urandom >"$files/large"
expected=$(sha256sum <"$files/large")
most_of() { awk '$1 == "VmHWM:" { print $2 }' "/proc/$(pid_of server)/status"; }
echo 5 >"/proc/$(pid_of server)/clear_refs"
before=$(most_of)
for accepted in gzip br; do
    # The pipe takes 64 KiB, and then curl reads no more until somebody does.
    equal "what it gets with $accepted" "$(curl -sS --max-time 600 --compressed -H "Accept-Encoding: $accepted" \
        -H 'Host: app.example.com' "http://$edge/up/large" | (sleep 2 && sha256sum))" "$expected"
done
most=$(most_of)
say "the server: $before KiB before, at most $most KiB"
memory_at_most "KiB that the server has grown by" $((most - before)) $growth_max

say "visitors who go in the middle, and others beside them"
for i in {1..6}; do
    start "other$i" curl -sS --max-time 300 --compressed -H 'Host: app.example.com' -o "$dir/other$i" "http://$edge/up/size-$((1 << 20))"
    ask app.example.com /up/large -H 'Accept-Encoding: br, gzip' 2>/dev/null | head -c 100000 >/dev/null || true
done
for i in {1..6}; do
    join_ok "other$i"
    cmp "$dir/other$i" "$files/size-$((1 << 20))" || fail "another body"
done
# What they have taken of `memory` comes back: otherwise there would be none for brotli.
has_brotli() { [[ $(wanted br) == br ]]; }
wait_until $patience "room for brotli" has_brotli
check_alive

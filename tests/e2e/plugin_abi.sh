# Plugins and servers of different versions: one source built with the header as it was in each minor version, and with
# one that has more than this server knows, all in one chain of the real program.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl cc g++ nginx

include=$E2E_SOURCE/../../include
frozen=$E2E_SOURCE/plugins/abi # plugin_abi.h as it was when the minor version was new

say "the header has only grown"
declarations() { grep -v '^#pragma once' "$1/ferrotunnel/plugin_abi.h" | cc -E -P -x c - | awk -f "$E2E_SOURCE/plugins/declarations.awk" | sort; }
declarations "$include" >"$dir/declarations"
at_least "declarations of the header" "$(wc -l <"$dir/declarations")" 100
for minor in 0 1 2 3 4 5; do
    declarations "$frozen/minor$minor" >"$dir/declarations.$minor"
    at_least "declarations of minor version $minor" "$(wc -l <"$dir/declarations.$minor")" 100
    comm -23 "$dir/declarations.$minor" "$dir/declarations" >"$dir/lost"
    [[ ! -s $dir/lost ]] || fail "what minor version $minor had is not there any more: $(<"$dir/lost")"
done

say "a header of a version to come"
future=$dir/future
cp -r "$include" "$future"
sed -E 's/^(enum \{ FT_ABI_MINOR = ).*/\199 };/
    s/^\} (ft_host|ft_settings_api|ft_http|ft_body_api|ft_body_filter|ft_session|ft_outcome|ft_visit_outcome|ft_type|ft_library);/    void (*from_the_future)(void);\n&/' \
    "$include/ferrotunnel/plugin_abi.h" >"$future/ferrotunnel/plugin_abi.h"
equal "structs that have grown" "$(grep -c from_the_future "$future/ferrotunnel/plugin_abi.h")" 10

say "the plugins build without warnings"
# build NAME HEADERS [OPTION...]
build() {
    cc -std=c11 -Wall -Wextra -Wpedantic -Werror -Wno-missing-field-initializers -shared -fPIC -I "$2" \
        -DPROBE_NAME="\"$1\"" "${@:3}" -o "$dir/$1.so" "$E2E_SOURCE/plugins/abi_probe.c" -pthread
}
build first "$frozen/minor0" -DPROBE_MINOR=0
build second "$frozen/minor1" -DPROBE_MINOR=1
build third "$frozen/minor2" -DPROBE_MINOR=2
build current "$include" -DPROBE_MINOR=4
build newer "$future" -DPROBE_MINOR=4 -DPROBE_FUTURE
# And C++ over a newer table of functions.
g++ -std=c++20 -O1 -shared -fPIC -I "$future" -o "$dir/bodies.so" \
    "$E2E_SOURCE/../../docs/plugins/examples/bodies.cpp"
probes=(first second third current newer)
with_sessions=(second third current newer)
cat >"$dir/edge.yml" <<END
server:
  plugins:
    load: [first.so, second.so, third.so, current.so, newer.so, bodies.so]
    chain:
      - word-filter: {path: /judged, word: forbidden}
      - rot13: {path: /turned}
      - first: {word: one}
      - second: {word: two}
      - third: {word: three}
      - current: {word: four}
      - newer: {word: five}
END

start_nginx 'location /words { return 200 "$http_x_first_word $http_x_second_word $http_x_third_word $http_x_current_word $http_x_newer_word"; }' \
    'location /turned { return 200 "Hello"; }'
start_edge --config "$dir/edge.yml" --log-level info
serve_http web
{
    printf 'client:\n  services:\n    - {name: page, http: app.example.com, local: "%s"}\n' "$nginx"
    for name in "${with_sessions[@]}" others; do
        printf '    - {name: for-%s, tcp: 0, local: "%s"}\n' "$name" "$backend"
    done
} >"$dir/client.yml"
ready_client client $((${#with_sessions[@]} + 2)) --config "$dir/client.yml"

say "all of them change requests and answers"
equal "the words that the backend sees" "$(ask app.example.com /words -H 'X-First-Word: forged' -D "$dir/head")" \
    "one two three four five"
minor=$(sed -nE 's/^enum \{ FT_ABI_MINOR = ([0-9]+).*/\1/p' "$include/ferrotunnel/plugin_abi.h")
equal "fields of theirs" "$(grep -ciE "^X-(first: built with 0|second: built with 1|third: built with 2|current: built with $minor|newer: built with 99), host has $minor" \
    "$dir/head")" 5
equal "those that know the token of the service" "$(grep -ciE '^X-(current|newer): .*, token token' "$dir/head")" 2

head -c 1234 /dev/zero >"$dir/body"
for name in "${probes[@]}"; do
    say "$name: answers, refusals, failures, later decisions and bodies"
    equal "its answer" "$(ask app.example.com "/$name/answer")" "$name"
    equal "its refusal" "$(status_of app.example.com "/$name/reject")" "403 probe"
    equal "its failure, as a guard's" "$(status_of app.example.com "/$name/fail")" "503 plugin_failed"
    equal "what it decides later" "$(ask app.example.com "/$name/later")" later
    equal "the body that it has read" "$(ask app.example.com "/$name/collect" --data-binary "@$dir/body")" "1234 bytes"
    equal "the body that it has made" "$(ask app.example.com "/words?$name")" "oonnee  ttwwoo  tthhrreeee  ffoouurr  ffiivvee"
    wait_for_text server "$name has closed with 200"
done

say "C++ over the newer header"
equal "a body that is turned" "$(ask app.example.com /turned)" Uryyb
equal "one that is judged" "$(status_of app.example.com /judged -d forbidden)" "403 bad_word"

say "visitors of TCP services"
address_of() { awk -v name="$1" '$1 == "service" && $2 == name { print $3 }' "$dir/client.endpoints"; }
page() { curl -sS --max-time 60 -o /dev/null -w '%{http_code}' "http://$(address_of "$1")/fields" 2>/dev/null || true; }
for name in "${with_sessions[@]}"; do
    equal "one whom $name refuses" "$(page "for-$name")" 000
    wait_for_text server "refused by $name"
done
equal "one whom nobody refuses" "$(page for-others)" 200
check_alive

# A plugin in Rust, without a crate, built with rustc alone and loaded by the real program: settings, fields, refusals,
# decisions of another thread, a body that it makes, and the end of an exchange.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx rustc
# rustup's rustc is there without a compiler behind it, too.
rustc --version >/dev/null 2>&1 || skip "rustc does not run"

say "it builds without warnings"
rustc --edition 2021 -O -D warnings --crate-type cdylib -o "$dir/gate.so" \
    "$E2E_SOURCE/../../docs/plugins/examples/gate.rs"
has_text <("$FERROTUNNEL" plugin check "$dir/gate.so") "gate"
cat >"$dir/edge.yml" <<END
server:
  plugins:
    load: [gate.so]
    chain:
      - gate: {word: open-sesame}
END

say "its own check of settings"
sed 's/open-sesame/oh/' "$dir/edge.yml" >"$dir/short.yml"
! "$FERROTUNNEL" check "$dir/short.yml" >"$dir/check.out" 2>&1 || fail "check accepts a short word"
has_text "$dir/check.out" "short.yml:5:.*has less than four letters"

start_nginx 'location /loud { return 200 "The quick brown fox"; }' 'location /slow/ { return 200 "slow"; }'
start_edge --config "$dir/edge.yml" --log-level info
ready_client client 1 --http "app.example.com=$nginx"
with_word=(-H 'X-Word: open-sesame')

say "who knows the word passes"
equal "without a word" "$(status_of app.example.com /)" "403 no_word"
equal "with a wrong one" "$(status_of app.example.com / -H 'X-Word: open')" "403 no_word"
equal "with the right one" "$(status_of app.example.com / "${with_word[@]}")" 200
has_text "$dir/head" "^X-Gate: rust"

say "decisions of another thread"
for _ in {1..20}; do
    equal "with the word" "$(ask app.example.com /slow/a "${with_word[@]}")" slow
    equal "without it" "$(status_of app.example.com /slow/a)" "403 no_word"
done

say "bodies"
equal "a body in capitals" "$(ask app.example.com /loud "${with_word[@]}")" "THE QUICK BROWN FOX"

say "the end of an exchange"
wait_for_text server "an exchange ended with 200"
wait_for_text server "an exchange ended with 403"
check_alive

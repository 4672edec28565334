# `ferrotunnel schema`: the JSON Schema takes and refuses what `ferrotunnel check` does, as a validator sees it that knows
# nothing of FerroTunnel. config_good/NAME.yml is right; config_cases/NAME.yml has a mistake (config_check.sh has what is
# said about it). config_schema.py has the list of mistakes that no schema can tell.
source "$(dirname "$0")/lib.sh"
need python3 openssl
python3 -c 'import jsonschema, yaml' 2>/dev/null || skip "there is no jsonschema or no yaml for Python"

unset STATE_DIRECTORY
cp -r "$E2E_SOURCE/config_good" "$dir/good"
(umask 077 && "$FERROTUNNEL" token >"$dir/good/token" && "$FERROTUNNEL" token >"$dir/good/other")
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:app.example.com -keyout "$dir/good/key.pem" -out "$dir/good/chain.pem" 2>/dev/null
"$FERROTUNNEL" cluster key "$dir/good/cluster.key" >/dev/null
echo '{{status}}' >"$dir/good/page.html"
echo '{{status}}' >"$dir/good/page.txt"
(cd "$dir/good" && "$FERROTUNNEL" init both --config started.yml >/dev/null)

say "the schema is printed, and nothing else is taken"
"$FERROTUNNEL" schema >"$dir/schema.json"
"$FERROTUNNEL" schema --help >"$dir/help.out"
has_text "$dir/help.out" 'yaml-language-server: \$schema='
"$FERROTUNNEL" schema words >"$dir/words.out" 2>"$dir/words.err" && fail "words were taken"
has_text "$dir/words.err" 'words: unexpected'

say "what is good is right for check"
for file in "$dir"/good/*.yml; do
    (cd "$dir/good" && SOME_HOST=h.example.com SOME_PORT=9 "$FERROTUNNEL" check "$(basename "$file")") \
        >"$dir/check.out" 2>"$dir/check.err" || fail "$(basename "$file"): $(<"$dir/check.err")"
done
at_least "good configurations" "$(find "$dir/good" -name '*.yml' | wc -l)" 8

say "the schema says the same of all of them"
python3 "$E2E_SOURCE/config_schema.py" "$dir/schema.json" "$E2E_SOURCE/config_cases" "$dir/good" \
    "$E2E_SOURCE/../.." || fail "the schema and check do not agree"

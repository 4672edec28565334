# The dashboard's QR codes: a reader of others reads each version, at its longest text and one byte beyond.
source "$(dirname "$0")/lib.sh"
need node zbarimg

module=$E2E_SOURCE/../../lib/admin/web/qr.js
head -c 400 /dev/zero | tr '\0' x >"$dir/long"
# url LENGTH: a URL of so many bytes.
url() { printf 'https://%s' "$(head -c $(($1 - 8)) "$dir/long")"; }

# reads TEXT MODULES: the code is so many modules wide, and is read as the text.
reads() {
    node "$E2E_SOURCE/node/qr.mjs" "$module" "$1" >"$dir/code.pbm" || fail "no code of ${#1} bytes"
    equal "modules of ${#1} bytes" "$(sed -n 2p "$dir/code.pbm")" "$((($2 + 8) * 4)) $((($2 + 8) * 4))"
    zbarimg -q --raw "$dir/code.pbm" >"$dir/read" 2>"$dir/zbar.err" || fail "a code of ${#1} bytes is not read"
    equal "${#1} bytes" "$(<"$dir/read")" "$1"
}

# What each version holds, as the standard says for bytes at level M.
version=1
for most in 14 26 42 62 84 106 122 152 180 213 251 287; do
    reads "$(url $most)" $((17 + 4 * version))
    ((version == 12)) || reads "$(url $((most + 1)))" $((17 + 4 * (version + 1)))
    version=$((version + 1))
done
code=0
node "$E2E_SOURCE/node/qr.mjs" "$module" "$(url 288)" >"$dir/code.pbm" || code=$?
equal "a text that is too long" "$code" 3
reads 'http://app.example.com:8080/?x=<script>&y=%C3%A4' 33

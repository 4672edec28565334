# The man pages: one of the program and one of each command, without warnings of mandoc, groff and man where these are
# installed.
source "$(dirname "$0")/lib.sh"

"$FERROTUNNEL" man --directory "$dir/man1"
mapfile -t pages < <(ls "$dir/man1")
at_least "pages" "${#pages[@]}" 26
say "one of each command"
"$FERROTUNNEL" man >"$dir/page"
cmp "$dir/page" "$dir/man1/ferrotunnel.1" || fail "the page of the program differs"
for page in "${pages[@]}"; do
    name=${page%.1}
    if [[ $name != ferrotunnel ]]; then
        "$FERROTUNNEL" man "${name#ferrotunnel-}" >"$dir/page"
        cmp "$dir/page" "$dir/man1/$page" || fail "the page of $name differs"
        grep -qF ".BR ${name//-/\\-} (1)" "$dir/man1/ferrotunnel.1" || fail "the page of the program lacks $name"
    fi
done
has_text "$dir/man1/ferrotunnel-services.1" '^\.SH SERVICES ADD$'

say "files stay, and the same day makes the same bytes"
! "$FERROTUNNEL" man --directory "$dir/man1" >"$dir/again.out" 2>&1 || fail "a page was overwritten"
SOURCE_DATE_EPOCH=86400 "$FERROTUNNEL" man http >"$dir/page"
has_text "$dir/page" '^\.TH .* 1 "1970-01-02"'
code=0
"$FERROTUNNEL" man nothing >"$dir/wrong.out" 2>&1 || code=$?
equal "exit code" "$code" 2

# quiet WHAT COMMAND...: prints nothing.
prints_nothing() {
    local what=$1
    shift
    "$@" >"$dir/warnings" 2>&1 || true
    equal "warnings of $what" "$(head -n 5 "$dir/warnings")" ""
}
tools=0
for page in "${pages[@]}"; do
    file=$dir/man1/$page
    if command -v mandoc >/dev/null; then
        prints_nothing "mandoc about $page" mandoc -Tlint -W style "$file"
        tools=1
    fi
    if command -v groff >/dev/null; then
        prints_nothing "groff about $page" groff -ww -man -Tutf8 -z "$file"
        tools=1
    fi
    if command -v man >/dev/null; then
        MANROFFOPT='' MANWIDTH=80 man --warnings -E UTF-8 -l "$file" >"$dir/shown" 2>"$dir/warnings" || fail "man rejects $page"
        equal "warnings of man about $page" "$(head -n 5 "$dir/warnings")" ""
        tools=1
    fi
done
if ((tools == 0)); then
    say "note: neither mandoc nor groff nor man is installed, so no page was read"
fi
if command -v mandoc >/dev/null; then
    say "what a reader sees"
    mandoc -Tascii "$dir/man1/ferrotunnel-http.1" | sed 's/.\x08//g' >"$dir/shown"
    has_text "$dir/shown" 'ferrotunnel http --help\|--host-header HOST'
    has_text "$dir/shown" "^ *ferrotunnel http 5173 --host-header backend  *# for development servers"
    has_text "$dir/shown" '^ *5  *superseded: another client replaced this one'
fi

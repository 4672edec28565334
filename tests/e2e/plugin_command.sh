# `ferrotunnel plugin`: lists, checks, and begins plugins. What it begins builds, is checked, and greets visitors of the
# real program. (With CMake and an installed tree, its test included: tests/package/check_package.)
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/http_lib.sh"
need curl nginx g++

# run ARGUMENT...: its exit code is then in $code, what it said in $dir/run.out and run.err.
run() {
    code=0
    "$FERROTUNNEL" "$@" >"$dir/run.out" 2>"$dir/run.err" </dev/null || code=$?
}
ends_with() { [[ $code == "$1" ]] || fail "exit code $code instead of $1: $(<"$dir/run.out") $(<"$dir/run.err")"; }
told() { has_text "$dir/run.err" "$1"; }

say "the list"
export FERROTUNNEL_PLUGINS=$E2E_PLUGINS
run plugin list
ends_with 0
has_text "$dir/run.out" '^headers 1'
has_text "$dir/run.out" 'hooks: request, response'
run plugin list --json
ends_with 0
has_text "$dir/run.out" '"name":"headers"'
has_text "$dir/run.out" '"hooks":\["request","response"\]'
if command -v python3 >/dev/null; then
    python3 -c 'import json, sys; assert "headers" in [each["name"] for each in json.load(sys.stdin)]' <"$dir/run.out"
fi
mkdir "$dir/none"
FERROTUNNEL_PLUGINS=$dir/none run plugin list
ends_with 0
has_text "$dir/run.out" 'there are no plugins in'
FERROTUNNEL_PLUGINS=$dir/none run plugin list --json
equal "an empty list" "$(<"$dir/run.out")" "[]"

say "a new plugin builds without warnings"
(cd "$dir" && "$FERROTUNNEL" plugin new my-greeter >/dev/null)
for file in my-greeter.hpp my-greeter.cpp my-greeter_test.cpp CMakeLists.txt README.md; do
    [[ -s $dir/my-greeter/$file ]] || fail "there is no $file"
    ! grep -q '@' "$dir/my-greeter/$file" || fail "$file has a mark that was not filled"
done
has_text "$dir/my-greeter/README.md" 'libferrotunnel-dev'
# As its README says, and with warnings.
build_line=$(sed -n 's/^    \(g++ .*\)/\1/p' "$dir/my-greeter/README.md")
[[ $build_line == g++* ]] || fail "the README does not say how it is built"
(cd "$dir/my-greeter" && sh -ec "$build_line -I '$E2E_SOURCE/../../include' -Wall -Wextra -Wpedantic -Werror")

say "it is checked"
run plugin check "$dir/my-greeter/my-greeter.so"
ends_with 0
has_text "$dir/run.out" '^ok: '
has_text "$dir/run.out" 'version 1\.[0-9]* of the interface'
has_text "$dir/run.out" '^my-greeter 0.1: greets'

say "it greets"
cat >"$dir/edge.yml" <<END
server:
  plugins:
    load: [my-greeter/my-greeter.so]
    chain:
      - my-greeter: {greeting: Good morning}
END
start_nginx
start_edge --config "$dir/edge.yml" --log-level info
ready_client client 1 --http "app.example.com=$nginx"
equal "its answer" "$(ask app.example.com /my-greeter)" "Good morning"
equal "the status" "$(status_of app.example.com /)" 200
has_text "$dir/head" "^X-Greeting: Good morning"

say "nothing is overwritten"
echo mine >"$dir/my-greeter/README.md"
(cd "$dir" && run plugin new my-greeter && ends_with 2 && told 'already exists; nothing was written')
equal "what was there" "$(<"$dir/my-greeter/README.md")" mine
mkdir "$dir/other"
echo mine >"$dir/other/CMakeLists.txt"
run plugin new other --dir "$dir/other"
ends_with 2
[[ ! -e $dir/other/other.cpp ]] || fail "a part was written"
run plugin new other --dir "$dir/deep/er"
ends_with 0
[[ -s $dir/deep/er/other.cpp ]] || fail "--dir is not heeded"
run plugin new other --dir /dev/null/x
ends_with 1

say "files that are no plugins"
echo text >"$dir/text.so"
run plugin check "$dir/text.so"
ends_with 2
told 'cannot be loaded'
run plugin check "$dir/missing.so"
ends_with 2
# wrong NAME CODE: a library whose one type is made by this code.
wrong() {
    printf '#include <ferrotunnel/plugin_abi.h>\n%s\n' "$2" >"$dir/$1.c"
    cc -std=c11 -shared -fPIC -I "$E2E_SOURCE/../../include" -o "$dir/$1.so" "$dir/$1.c"
    run plugin check "$dir/$1.so"
    ends_with 2
}
wrong no_entry 'int nothing(void) { return 0; }'
told 'is not a plugin for this version'
wrong no_types 'static const ft_type *types[] = {0};
static const ft_library library = {sizeof library, 0, types};
const ft_library *ferrotunnel_plugin_v1(const ft_host *host) { (void)host; return &library; }'
told 'has no types'
wrong many 'static const char *needs[] = {"no.such/1", 0};
static const ft_type type = {.size = sizeof type, .name = "Bad name", .schema = "{\"type\": \"objekt\"}", .needs = needs};
static const ft_type *types[] = {&type, &type, 0};
static const ft_library library = {sizeof library, 0, types};
const ft_library *ferrotunnel_plugin_v1(const ft_host *host) { (void)host; return &library; }'
told 'characters other than small letters'
told 'lacks .make. or .destroy.'
told 'schema of the plugin'
told 'needs "no.such/1"'
told 'the same name'
wrong refuses 'const ft_library *ferrotunnel_plugin_v1(const ft_host *host) { (void)host; return 0; }'
told 'does not work with this version'

say "help and mistakes"
for words in "plugin --help" "plugin new --help" "help plugin"; do
    # shellcheck disable=SC2086
    run $words
    ends_with 0
    has_text "$dir/run.out" 'ferrotunnel plugin new hello'
done
run help
has_text "$dir/run.out" '^Also: .*plugin'
for words in plugin "plugin chek" "plugin new" "plugin check" "plugin new Hello" "plugin new -x" "plugin list more" \
    "plugin new a --dir" "plugin check a b"; do
    # shellcheck disable=SC2086
    run $words
    ends_with 2
done
run plugin chek
told 'did you mean check'
check_alive

#!/usr/bin/env bash
# canary.sh SOURCE_CHECK COMPILER: the checks can fail. Each violation planted in a small clean tree must be found.
set -euo pipefail
source_check=$(realpath "$1") compiler=$2
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/ferrotunnel-canary.XXXXXX")
trap 'rm -rf "$dir"' EXIT
tree=$dir/tree
planted=0 failures=0
beside= beside_text=  # a second file for what is planted

write() {
    mkdir -p "$tree/$(dirname "$1")"
    printf '%b' "$2" >"$tree/$1"
}

clean_tree() {
    rm -rf "$tree"
    write lib/CMakeLists.txt 'ft_layer(base SANS_IO)\nft_layer(mux SANS_IO USES base)\nft_layer(runtime USES base)\n'
    write lib/base/a.hpp '#pragma once\nint a();\n'
    write lib/mux/m.hpp '#pragma once\n#include "base/a.hpp"\n'
    write include/ferrotunnel/client.hpp '#pragma once\n'
    write cli/main.cpp '#include <ferrotunnel/client.hpp>\n\nint main() {}\n'
    cp "$here/../../.clang-format" "$tree/"
}

run() {
    case $1 in
        headers) cd "$dir" && "$here/headers.sh" "$source_check" "$tree" sans-io "$compiler" ;;
        format) "$here/format.sh" "$tree" ;;
        *) "$source_check" "$1" "$tree" ;;
    esac >"$dir/output" 2>&1
}

wrong() {
    echo "canary: $*"
    cat "$dir/output"
    failures=$((failures + 1))
}

# finds CHECK FILE TEXT MESSAGE: with that text in that file the check fails and says the message.
finds() {
    planted=$((planted + 1))
    clean_tree
    write "$2" "$3"
    [[ -z $beside ]] || write "$beside" "$beside_text"
    local code=0
    run "$1" || code=$?
    [[ $code == 1 ]] && grep -qF -- "$4" "$dir/output" || wrong "$1 misses what is planted in $2: $4"
}

# accepts CHECK FILE TEXT: what looks like a violation and is none.
accepts() {
    clean_tree
    write "$2" "$3"
    run "$1" || wrong "$1 objects to innocent text in $2"
}

times() { for ((i = 0; i < $1; ++i)); do printf '%s' "$2"; done; }

has_formatter=true
command -v clang-format-14 >/dev/null || has_formatter=false
for check in layers style headers; do
    accepts $check lib/base/a.cpp '#include "base/a.hpp"\n'
done

finds layers lib/base/b.hpp '#pragma once\n#include "mux/m.hpp"\n' \
    'lib/base/b.hpp:2: lib/base may not include "mux/m.hpp"; it may use: nothing of lib/'
finds layers lib/base/b.hpp '#pragma once\n# include <mux/m.hpp>\n' 'lib/base may not include "mux/m.hpp"'
finds layers lib/mux/n.hpp '#pragma once\n#include <asio/ip/tcp.hpp>\n' 'lib/mux is sans-IO: no <asio/ip/tcp.hpp>'
finds layers lib/mux/n.hpp '#pragma once\n#include <sys/socket.h>\n' 'lib/mux is sans-IO'
finds layers lib/unknown/u.hpp '#pragma once\n' 'no ft_layer(unknown'
finds layers lib/loose.hpp '#pragma once\n' 'lib/ has folders alone'
finds layers cli/b.cpp '#include "mux/m.hpp"\n' 'cli/b.cpp:1: cli/ sees include/ferrotunnel/ alone'
finds layers plugins/x/p.cpp '#include <base/a.hpp>\n' 'plugins/ sees include/ferrotunnel/ alone'
finds layers docs/examples/e.cpp '#include "base/a.hpp"\n' 'docs/examples/ sees include/ferrotunnel/ alone'
finds layers include/ferrotunnel/s.hpp '#pragma once\n#include <fmt/format.h>\n' 'must not ask'
accepts layers lib/mux/n.hpp '#pragma once\n#include <map>\n#include "base/a.hpp"\n'
accepts layers lib/runtime/n.hpp '#pragma once\n#include <net/if.h>\n'
accepts layers lib/runtime/r.hpp '#pragma once\n#include <asio/ip/tcp.hpp>\n'

finds headers lib/base/b.hpp '#pragma once\nstd::string b();\n' 'lib/base/b.hpp:1: does not compile alone'
finds headers lib/base/b.hpp 'inline int b() { return 1; }\n' 'lib/base/b.hpp:1: does not compile alone'
# A source file that begins with a header proves that it compiles alone, if it has its guard; no other one does.
beside=lib/base/b.cpp beside_text='#include <string>\n#include "base/b.hpp"\n'
finds headers lib/base/b.hpp '#pragma once\nstd::string b();\n' 'lib/base/b.hpp:1: does not compile alone'
beside_text='#include "base/b.hpp"\n'
finds headers lib/base/b.hpp 'inline int b() { return 1; }\n' 'lib/base/b.hpp:1: does not compile alone'
beside=

if $has_formatter; then
    accepts format lib/base/b.cpp 'int b();\n'
    finds format lib/base/b.cpp 'int a();\nint  b( );\n' 'lib/base/b.cpp:2: run clang-format-14 -i lib/base/b.cpp'
fi

finds style lib/base/b.cpp 'void f() {\n\tg();\n}\n' 'lib/base/b.cpp:2: a tab'
finds style tests/b.cpp "// $(times 118 x)\n" 'tests/b.cpp:1: 121 columns; at most 120'
finds style lib/base/b.cpp 'int x; \n' 'blanks at the end'
finds style lib/base/b.cpp 'int x;' 'no newline at the end'
finds style lib/base/b.cpp "$(times 651 'int x;\n')" '651 lines; at most 650'
finds style lib/base/b.hpp 'int b();\n' 'lib/base/b.hpp:1: no #pragma once'
finds style lib/base/b.cpp '\nvoid f() { std::cerr << std::endl; }\n' 'lib/base/b.cpp:2: `std::endl`: use'
finds style lib/base/b.cpp 'void f() { std::this_thread::sleep_for(s); }\n' '`sleep_for`: use a timer'
finds style lib/base/b.cpp 'void f() { std::thread([] { g(); }).detach(); }\n' '`).detach()`: use a thread'
finds style cli/b.cpp 'using  namespace\nstd;\n' '`using namespace std;`: use'
finds style cli/b.cpp 'void f(char* p) { strcpy (p, q); }\n' '`strcpy(`: use'
finds style lib/base/b.cpp '#define SEED std::rand()\n' '`rand(`: use'
finds style include/ferrotunnel/m.hpp '#pragma once\n#define A_MACRO 1\n' 'public headers define no macro'
body="{\n$(times 79 '    a += 1;\n')}\n"
finds style lib/base/b.cpp "void too_long(int a) $body" 'lib/base/b.cpp:1: too_long has 81 lines; at most 70'
finds style lib/base/b.cpp "namespace n {\nclass C {\n    int a = 0;\n    void f() const $body};\n}\n" 'f has 81 lines'
finds style lib/base/b.cpp "template <typename T = int>\nC::C(T t = {}) : a{1}, b(t) $body" 'C::C has 81 lines'
finds style lib/base/b.cpp "bool operator==(const C& a, const C&) $body" 'operator== has 81 lines'
finds style tests/check/long_functions.txt 'lib/base/a.hpp gone 90\n' 'gone is no longer too long'
accepts style lib/base/b.cpp '// std::endl is slow\nconst char* s = "using namespace std;";\n'
accepts style lib/base/b.cpp 'const char* s = R"(rand("))";  /* NULL\n   NULL */\n'
accepts style lib/base/b.cpp "int n = 1'000;\nchar c = '\"'; // NULL '\n"
accepts style lib/base/b.cpp '// allowed: the system wants it so\nint* p = const_cast<int*>(q);\n'
accepts style lib/base/b.cpp "// $(times 117 ä)\n"
accepts style include/ferrotunnel/m.hpp '#pragma once\n#define FERROTUNNEL_EXPORT\n'
accepts style lib/base/b.cpp "struct S $(printf '{\\n%s};\\n' "$(times 79 '    int a();\n')")"

if ((failures)); then
    echo "canary: $failures of them wrong"
    exit 1
fi
echo "canary: $planted planted violations, all found"

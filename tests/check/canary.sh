#!/usr/bin/env bash
# canary.sh SOURCE_CHECK COMPILER [CLANG]: the checks can fail. Each violation planted in a small clean tree must be found.
set -euo pipefail
source_check=$(realpath "$1") compiler=$2 clang=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/ferrotunnel-canary.XXXXXX")
trap 'rm -rf "$dir"' EXIT
tree=$dir/tree
planted=0 failures=0
beside= beside_text=  # a second file for what is planted
with_mutex=           # base/mutex.hpp is there
extra=()              # files with the same text as what is planted

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
    [[ -z $with_mutex ]] || cp "$here/../../lib/base/mutex.hpp" "$tree/lib/base/"
}

run() {
    case $1 in
        headers) cd "$dir" && "$here/headers.sh" "$source_check" "$tree" sans-io "$compiler" ;;
        format) "$here/format.sh" "$tree" ;;
        locks) cd "$dir" && "$here/locks.sh" "$tree" "$clang" ;;
        *) "$source_check" "$1" "$tree" ;;
    esac >"$dir/output" 2>&1
}

wrong() {
    echo "canary: $*"
    cat "$dir/output"
    failures=$((failures + 1))
}

plant_beside() {
    local file
    [[ -z $beside ]] || write "$beside" "$beside_text"
    for file in "${extra[@]}"; do
        write "$file" "$1"
    done
}

# finds CHECK FILE TEXT MESSAGE: with that text in that file the check fails and says the message.
finds() {
    planted=$((planted + 1))
    clean_tree
    write "$2" "$3"
    plant_beside "$3"
    local code=0
    run "$1" || code=$?
    [[ $code == 1 ]] && grep -qF -- "$4" "$dir/output" || wrong "$1 misses what is planted in $2: $4"
}

# accepts CHECK FILE TEXT: what looks like a violation and is none.
accepts() {
    clean_tree
    write "$2" "$3"
    plant_beside "$3"
    run "$1" || wrong "$1 objects to innocent text in $2"
}

times() { for ((i = 0; i < $1; ++i)); do printf '%s' "$2"; done; }

has_formatter=true
command -v clang-format-14 >/dev/null || has_formatter=false
for check in layers style headers classes; do
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
for line in '| mux | sessions | |' '| mux | sessions | base, runtime |'; do
    finds layers docs/architecture.md "| base | all | |\\n$line\\n| runtime | threads | base |\\n" \
        'docs/architecture.md:2: mux uses base according to lib/CMakeLists.txt'
done
finds layers docs/architecture.md '| base | all | |\n| mux | sessions | base, Asio |\n' 'no line for the layer runtime'
accepts layers docs/architecture.md '| layer | uses |\n| base | all | |\n| mux | m | base, Asio |\n| runtime | r | base |\n'
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

beside=tests/check/phrases.txt beside_text='# a comment\ncan not => cannot\n'
finds phrases lib/base/b.cpp 'const char* s = "it Can not be";\n' 'lib/base/b.cpp:1: "can not": use "cannot"'
finds phrases include/ferrotunnel/b.hpp '#pragma once\n// It can not be.\n' 'include/ferrotunnel/b.hpp:2: "can not"'
finds phrases docs/a.md 'It can not be.\n' 'docs/a.md:1: "can not": use "cannot"'
finds phrases README.md 'It can not be.\n' 'README.md:1: "can not": use "cannot"'
accepts phrases docs/a.md 'It can nothing, and a pecan not.\n'
accepts phrases docs/a.md 'It can not only be. <!-- allowed: the other word -->\n'
accepts phrases lib/base/b.cpp '// it can not be\nint x;  // "can not"\n'
beside=

# Functions NUMBER: so many declared ones, that change their class.
functions() { for ((i = 0; i < $1; ++i)); do printf 'void f%s();\\n' "$i"; done; }
members() { for ((i = 0; i < $1; ++i)); do printf '%s m%s_ = 0;\\n' "$2" "$i"; done; }

finds classes lib/base/b.hpp "#pragma once\nnamespace n {\nclass C {\n$(functions 61)};\n}\n" \
    'lib/base/b.hpp:3: n::C has 61 functions; at most 60'
finds classes lib/base/b.cpp "namespace {\nclass C {\n$(functions 61)};\n}\n" '::C has 61 functions'
finds classes cli/b.hpp "class C final : public D {\npublic:\n    void f() { g({1}); }\n$(members 31 int)};\n" \
    'cli/b.hpp:1: C has 31 members; at most 30'
finds classes lib/base/b.hpp "class C {\n$(members 5 bool)std::atomic<bool> a_{false};\n};\n" 'C has 6 bools; at most 5'
finds classes lib/base/b.hpp "class C {\nclass D;\n};\nclass C::D {\n$(members 31 int)};\n" 'C::D has 31 members'
finds classes lib/base/b.hpp "struct S {\n$(functions 1)$(members 31 int)};\n" 'S has 31 members'
functions_of_c='namespace n {\nvoid C::D::f() {}\n}\n'
beside=lib/base/c.hpp beside_text='#pragma once\nnamespace n {\nstruct C { struct D { void f(); }; };\n}\n'
extra=(lib/base/d.cpp lib/base/e.cpp)
finds classes lib/base/f.cpp "$functions_of_c" 'n::C::D has 4 files; at most 3'
extra=()
beside_text='#pragma once\nnamespace n {\nclass P;\nclass C {\nstd::unique_ptr<P> p_;\n};\n}\n'
finds classes lib/base/p.hpp '#pragma once\n#include "base/c.hpp"\nnamespace n {\nclass P {};\n}\n' \
    'lib/base/p.hpp:1: n::P is a part of n::C and includes lib/base/c.hpp'
accepts classes lib/base/p.hpp '#pragma once\nnamespace n {\nclass P {};\n}\n'
beside=tests/check/large_classes.txt beside_text='C 62 - - -  # allowed once\n'
finds classes lib/base/b.hpp "class C {\n$(functions 61)};\n" 'C has shrunk to 61 functions: lower its entry'
finds classes lib/base/b.hpp "class C {\n$(functions 63)};\n" 'C has 63 functions; at most 62'
finds classes lib/base/b.hpp 'int b();\n' 'there is no class C: delete its entry'
accepts classes lib/base/b.hpp "class C {\n$(functions 62)};\n"
beside=
no_more='C() = default;\nstatic int s;\nint x = f({1, 2});\nenum class E { a };\n'
accepts classes lib/base/b.hpp "class C {\n$(functions 60)$(members 29 int)$no_more};\n"
accepts classes lib/base/b.hpp "struct S {\nint sum() const;\n$(members 40 bool)};\n"
accepts classes lib/base/b.hpp "class C {\n$(functions 40)class D {\n$(functions 40)};\n};\n"

if command -v "$clang" >/dev/null; then
    # A counter whose function add() does this.
    counter() {
        printf '%s\\n' '#include "base/mutex.hpp"' 'namespace ferrotunnel {' 'class C {' 'public:' \
            "    void add() { $1 }" '    void more() REQUIRES(mutex_) { ++n_; }' \
            '    Mutex mutex_;' '    int n_ GUARDED_BY(mutex_) = 0;' '};' '}'
    }
    with_mutex=true
    accepts locks lib/base/c.cpp "$(counter 'const MutexLock lock(mutex_); ++n_; more();')"
    finds locks lib/base/c.cpp "$(counter '++n_;')" "writing variable 'n_' requires holding mutex 'mutex_'"
    finds locks lib/base/c.cpp "$(counter 'more();')" "calling function 'more' requires holding mutex 'mutex_'"
    finds locks lib/base/c.cpp '#include <mutex>\nstd::mutex m;\n' 'lib/base/c.cpp:2:std::mutex m;'
    accepts locks cli/c.cpp '#include <mutex>\nstd::mutex m;  // guards n\nint n;\n'
    finds locks cli/c.cpp '#include <mutex>\nstd::mutex m;\n' 'cli/c.cpp:2:std::mutex m;'
    finds locks plugins/p/c.cpp '#include <mutex>\nstd::mutex m;\n' 'plugins/p/c.cpp:2:std::mutex m;'
    with_mutex=
fi

if ((failures)); then
    echo "canary: $failures of them wrong"
    exit 1
fi
echo "canary: $planted planted violations, all found"

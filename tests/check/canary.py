#!/usr/bin/env python3
"""Checks that the checks can fail: each planted violation must be found, and the clean tree must pass."""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

CLEAN = {
    "lib/CMakeLists.txt": "ft_layer(base SANS_IO)\nft_layer(mux SANS_IO USES base)\nft_layer(runtime USES base)\n",
    "lib/base/a.hpp": "#pragma once\nint a();\n",
    "lib/mux/m.hpp": '#pragma once\n#include "base/a.hpp"\n',
    "include/ferrotunnel/client.hpp": "#pragma once\n",
    "cli/main.cpp": "#include <ferrotunnel/client.hpp>\nint main() {}\n",
}

LONG_FUNCTION = "void too_long(int a) {\n" + "    a += 1;\n" * 80 + "}\n"

# (check, file, text, what the check must say)
PLANTED = [
    ("layers.py", "lib/base/b.hpp", '#pragma once\n#include "mux/m.hpp"\n', 'lib/base may not include "mux/m.hpp"'),
    ("layers.py", "lib/mux/n.hpp", "#pragma once\n#include <asio/ip/tcp.hpp>\n", "lib/mux is sans-IO"),
    ("layers.py", "lib/unknown/u.hpp", "#pragma once\n", "no ft_layer(unknown"),
    ("layers.py", "cli/b.cpp", '#include "mux/m.hpp"\n', "cli/ sees include/ferrotunnel/ alone"),
    ("layers.py", "plugins/x/p.cpp", "#include <base/a.hpp>\n", "plugins/ sees include/ferrotunnel/ alone"),
    ("layers.py", "include/ferrotunnel/s.hpp", "#pragma once\n#include <spdlog/spdlog.h>\n", "must not ask"),
    ("headers.py", "lib/base/b.hpp", "#pragma once\nstd::string b();\n", "lib/base/b.hpp: does not compile alone"),
    ("headers.py", "lib/base/b.hpp", "inline int b() { return 1; }\n", "lib/base/b.hpp: does not compile alone"),
    ("style.py", "lib/base/b.cpp", "void f() {\n\tg();\n}\n", "lib/base/b.cpp:2: a tab"),
    ("style.py", "lib/base/b.cpp", "// " + "x" * 120 + "\n", "123 columns"),
    ("style.py", "lib/base/b.cpp", "void f() { std::cerr << std::endl; }\n", "`std::endl`: use"),
    ("style.py", "lib/base/b.cpp", "void f() { std::this_thread::sleep_for(s); }\n", "`sleep_for`: use"),
    ("style.py", "cli/b.cpp", "using namespace std;\n", "`using namespace std;`: use"),
    ("style.py", "cli/b.cpp", "void f(char* p) { strcpy(p, q); }\n", "`strcpy(`: use"),
    ("style.py", "include/ferrotunnel/m.hpp", "#pragma once\n#define A_MACRO 1\n", "public headers define no macro"),
    ("style.py", "lib/base/b.cpp", "int x;\n" * 651, "651 lines; at most 650"),
    ("style.py", "lib/base/b.cpp", LONG_FUNCTION, "too_long has 82 lines"),
    ("style.py", "lib/base/b.hpp", "int b();\n", "no #pragma once"),
    ("style.py", "tests/check/long_functions.txt", "lib/base/a.cpp gone 90\n", "no longer too long"),
]

# What looks like a violation and is none.
INNOCENT = [
    ("style.py", "lib/base/b.cpp", "// std::endl is slow\nconst char* s = \"using namespace std;\";\n"),
    ("style.py", "lib/base/b.cpp", 'const char* s = R"(rand())";\n'),
]


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def run(check, files):
    with tempfile.TemporaryDirectory() as folder:
        write(pathlib.Path(folder), files)
        result = subprocess.run([sys.executable, str(HERE / check), "--root", folder], capture_output=True, text=True)
        return result.returncode, result.stdout + result.stderr


def main():
    failures = []
    for check in ("layers.py", "headers.py", "style.py"):
        code, output = run(check, CLEAN)
        if code != 0:
            failures.append(f"{check} refuses the clean tree:\n{output}")
    for check, name, text, expected in PLANTED:
        code, output = run(check, {**CLEAN, name: text})
        if code == 0 or expected not in output:
            failures.append(f"{check} misses the violation planted in {name} ({expected}):\n{output}")
    for check, name, text in INNOCENT:
        code, output = run(check, {**CLEAN, name: text})
        if code != 0:
            failures.append(f"{check} objects to innocent text in {name}:\n{output}")
    print("\n".join(failures))
    print(f"canary: {len(PLANTED)} planted violations, {len(failures)} failure(s)")
    sys.exit(1 if failures else 0)


main()

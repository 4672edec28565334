#!/usr/bin/env python3
"""Every header of lib/ and include/ compiles alone: it includes what it needs and has its include guard.

--compiler and --define, --include come from CMake; --only sans-io or asio picks the half, since Asio's headers are slow.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from sources import files_under, finish, includes_of


def headers_that_reach_asio(root, headers):
    """Headers that include Asio, themselves or through another header of ours."""
    texts = {path: (root / path).read_text() for path in headers}
    by_name = {}
    for path in headers:
        by_name[str(path.relative_to(path.parts[0]))] = path
    slow = {path for path, text in texts.items()
            if any(re.match(r"asio[./]", name) or "asio_version" in name for _, name, _ in includes_of(text))}
    while True:
        more = {path for path, text in texts.items() if path not in slow
                and any(by_name.get(name) in slow for _, name, _ in includes_of(text))}
        if not more:
            return slow
        slow |= more


def compile_alone(command, root, path, folder):
    # Through a file that includes it twice: `#pragma once` in a main file is a warning, and a missing guard shows.
    name = str(path.relative_to(path.parts[0]))
    source = pathlib.Path(folder) / (name.replace("/", "_") + ".cpp")
    source.write_text(f'#include "{name}"\n#include "{name}"\n')
    result = subprocess.run(command + ["-fsyntax-only", str(source)], cwd=root, capture_output=True, text=True)
    return None if result.returncode == 0 else f"{path}: does not compile alone:\n{result.stderr}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--define", action="append", default=[])
    parser.add_argument("--only", choices=("sans-io", "asio"))
    arguments = parser.parse_args()
    root = arguments.root
    headers = [path for path in files_under(root, "lib", "include") if path.suffix == ".hpp"]
    slow = headers_that_reach_asio(root, headers)
    if arguments.only:
        headers = [path for path in headers if (path in slow) == (arguments.only == "asio")]
    command = [arguments.compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror"]
    command += ["-I" + str(root / "lib"), "-I" + str(root / "include")]
    command += ["-I" + name for name in arguments.include] + ["-D" + name for name in arguments.define]
    with tempfile.TemporaryDirectory() as folder:
        with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
            findings = list(filter(None, pool.map(lambda path: compile_alone(command, root, path, folder), headers)))
    print(f"{len(headers)} headers", file=sys.stderr)
    finish("headers", findings)


main()

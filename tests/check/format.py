#!/usr/bin/env python3
"""clang-format-14 agrees with every C++ file. Other versions format otherwise, so without that one this is skipped."""

import re
import shutil
import subprocess
import sys

from sources import files_under, finish, root_from_arguments

SKIPPED = 77


def main():
    root = root_from_arguments()
    tool = shutil.which("clang-format-14")
    if tool is None:
        print("format: skipped, there is no clang-format-14 (Debian: clang-format-14)")
        sys.exit(SKIPPED)
    files = files_under(root, "lib", "include", "cli", "plugins", "tests", "benchmarks", "docs/examples")
    result = subprocess.run([tool, "--dry-run", "-Werror", *map(str, files)], cwd=root, stderr=subprocess.PIPE, text=True)
    places = {}  # the first place of each file says enough
    for match in re.finditer(r"^(\S+?):(\d+):\d+: error", result.stderr, re.MULTILINE):
        places.setdefault(match.group(1), match.group(2))
    findings = [f"{path}:{line}: run clang-format-14 -i {path}" for path, line in places.items()]
    if result.returncode and not findings:
        findings = [result.stderr]
    finish("format", findings)


main()

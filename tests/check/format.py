#!/usr/bin/env python3
"""clang-format-14 agrees with every C++ file. Other versions format otherwise, so without that one this is skipped."""

import shutil
import subprocess
import sys

from sources import files_under, root_from_arguments

SKIPPED = 77


def main():
    root = root_from_arguments()
    tool = shutil.which("clang-format-14")
    if tool is None:
        print("format: skipped, there is no clang-format-14 (Debian: clang-format-14)")
        sys.exit(SKIPPED)
    files = files_under(root, "lib", "include", "cli", "plugins", "tests", "benchmarks", "docs/examples")
    result = subprocess.run([tool, "--dry-run", "-Werror", *map(str, files)], cwd=root)
    if result.returncode:
        print("format: run clang-format-14 -i on the files named above")
    sys.exit(result.returncode)


main()

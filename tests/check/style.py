#!/usr/bin/env python3
"""Rules that a compiler does not know: widths, sizes, names that have a better replacement, functions that fit a screen.

Functions above LINES_MAX are listed in long_functions.txt with their length: the list may shrink but not grow.
"""

import re

from functions import functions_in
from sources import files_under, finish, root_from_arguments, without_comments_and_strings

COLUMNS_MAX = 120
FILE_LINES_MAX = 650
LINES_MAX = 70
RATCHET = "tests/check/long_functions.txt"
CODE = ("lib", "include", "cli", "plugins", "tests", "benchmarks", "docs/examples")
PRODUCT = ("lib", "include", "cli")

# (folders, what must not appear, what to use instead)
BANNED = [
    (CODE, r"\bstd::endl\b", r"'\n'; a flush per line is slow and rarely meant"),
    (CODE, r"\busing\s+namespace\s+std\s*;", "the names themselves, or a using declaration in a function"),
    (CODE, r"\b(strcpy|strcat|sprintf|vsprintf|gets)\s*\(", "std::string, fmt::format or std::snprintf with a size"),
    (CODE, r"\b(?:std::)?s?rand\s*\(", "base/random.hpp, which tests can seed"),
    (("lib",), r"\bsleep_(for|until)\b|\b(u|nano)?sleep\s*\(", "a timer of lib/runtime; a worker must never sleep"),
    (("lib",), r"\bstd::regex\b", "a hand-written parser; std::regex recurses on its input and is slow"),
    (("lib",), r"\bstd::(cout|cerr|clog)\b|\bprintf\s*\(", "the logger of base/log.hpp"),
    (("lib",), r"\batomic_thread_fence\b", "orders on the atomics themselves; ThreadSanitizer does not see fences"),
    (("lib",), r"\bstd::thread\([^;]*\)\.detach|thread\w*\.detach\(\)", "a thread that its owner joins"),
    (PRODUCT, r"\b(ato[ifl]|atoll|strtok)\s*\(", "std::from_chars, which reports errors"),
    (PRODUCT, r"\bconst_cast\s*<", "a type that is right from the start"),
    (PRODUCT, r"\bNULL\b", "nullptr"),
    (("include",), r"^[ \t]*#[ \t]*define[ \t]+(?!FERROTUNNEL_EXPORT\b)\w+", "constexpr, templates or functions: public "
     "headers define no macro but FERROTUNNEL_EXPORT"),
]


def check_text(path, text):
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        if "\t" in line:
            findings.append(f"{path}:{number}: a tab; indent with spaces")
        if len(line) > COLUMNS_MAX:
            findings.append(f"{path}:{number}: {len(line)} columns; at most {COLUMNS_MAX}")
        if line != line.rstrip():
            findings.append(f"{path}:{number}: blanks at the end of the line")
    if text and not text.endswith("\n"):
        findings.append(f"{path}: no newline at the end")
    if path.suffix == ".hpp" and "#pragma once" not in text:
        findings.append(f"{path}:1: no #pragma once")
    if path.parts[0] in PRODUCT and text.count("\n") > FILE_LINES_MAX:
        findings.append(f"{path}: {text.count(chr(10))} lines; at most {FILE_LINES_MAX}: split it by subject")
    return findings


def check_banned(path, code):
    findings = []
    for folders, pattern, instead in BANNED:
        if any(path.is_relative_to(folder) for folder in folders):
            for match in re.finditer(pattern, code, re.MULTILINE):
                line = code.count("\n", 0, match.start()) + 1
                findings.append(f"{path}:{line}: `{' '.join(match.group(0).split())}`: use {instead}")
    return findings


def read_ratchet(root):
    allowed = {}
    file = root / RATCHET
    for line in file.read_text().splitlines() if file.exists() else []:
        if line.strip() and not line.startswith("#"):
            path, name, lines = line.split()
            allowed[(path, name)] = int(lines)
    return allowed


def check_functions(root, codes):
    allowed = read_ratchet(root)
    findings = []
    for path, code in codes.items():
        for function in functions_in(code):
            if function.lines <= LINES_MAX:
                continue
            limit = allowed.pop((str(path), function.name), LINES_MAX)
            if function.lines > limit:
                findings.append(f"{path}:{function.line}: {function.name} has {function.lines} lines; at most {limit}")
            elif function.lines < limit:
                findings.append(f"{RATCHET}: {path} {function.name} has shrunk to {function.lines} lines: lower its entry")
    findings += [f"{RATCHET}: {path} {name} is no longer too long: delete its entry" for path, name in allowed]
    return findings


def main():
    root = root_from_arguments()
    findings = []
    codes = {}
    for path in files_under(root, *CODE):
        text = (root / path).read_text()
        code = without_comments_and_strings(text)
        findings += check_text(path, text) + check_banned(path, code)
        if path.parts[0] in PRODUCT:
            codes[path] = code
    finish("style", findings + check_functions(root, codes))


main()

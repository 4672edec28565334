"""What the checks share: the tree's files, C++ text without comments and strings, and how findings are reported."""

import argparse
import pathlib
import re
import sys

SOURCE_SUFFIXES = (".cpp", ".hpp")


def root_from_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    return parser.parse_args().root


def files_under(root, *folders):
    """C++ files of the given folders, sorted, with paths relative to the root."""
    found = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SOURCE_SUFFIXES and path.is_file():
                found.append(path.relative_to(root))
    return found


_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/"""
    r'''|R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"'''
    r"""|"(?:\\.|[^"\\\n])*\"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL,
)


def without_comments_and_strings(text):
    """The same text, comments and literals blanked, so that lines and columns stay where they were."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return _TOKEN.sub(blank, text)


def includes_of(text):
    """(line number, what is included, True when written with angle brackets)"""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(2), match.group(1) == "<"


def finish(name, findings):
    """Prints the findings; the exit code says whether there were any."""
    for finding in findings:
        print(finding)
    print(f"{name}: {len(findings)} finding(s)" if findings else f"{name}: clean")
    sys.exit(1 if findings else 0)

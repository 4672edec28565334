"""Finds function bodies in C++ text by its braces. It guesses, which is enough to count lines."""

import dataclasses
import re

_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
_ASIDE = re.compile(r"^\s*#.*?(?<!\\)$", re.MULTILINE)  # preprocessor lines
_NAME = re.compile(r"([\w~:]+(?:\s*operator\s*[^\s(]+)?|operator\s*\(\)|operator\s*[^\s(]+)\s*\($")


@dataclasses.dataclass
class Function:
    name: str
    line: int  # of the opening brace
    lines: int  # of the body, both braces included


def functions_in(code):
    """`code` comes without comments and strings."""
    code = _ASIDE.sub(lambda match: " " * len(match.group(0)), code)
    functions = []
    scopes = []  # for each open brace: a Function being measured, or None
    inside = 0  # braces open since the function began
    start = 0  # where the statement before the next brace begins
    for match in re.finditer(r"[{};]", code):
        at, sign = match.start(), match.group(0)
        if sign == "{":
            if inside:
                inside += 1
            else:
                head = code[start:at]
                name = _function_name(head)
                if name:
                    functions.append(Function(name, code.count("\n", 0, at) + 1, 0))
                    inside = 1
                elif _is_initialiser(head):
                    scopes.append("initialiser")
                    continue  # the statement goes on after the brace
                else:
                    scopes.append("scope")
                start = at + 1
        elif sign == "}":
            if inside:
                inside -= 1
                if not inside:
                    functions[-1].lines = code.count("\n", 0, at) + 2 - functions[-1].line
                    start = at + 1
            elif scopes and scopes.pop() == "scope":
                start = at + 1
        elif not inside and "initialiser" not in scopes[-1:]:
            start = at + 1
    return functions


def _is_initialiser(head):
    """`member_{1}` in a constructor's list, or `int x{1}`."""
    return not _SCOPE.search(head) and re.search(r"[\w>=,]\s*$", head) is not None and "=" not in head[-2:]


def _function_name(head):
    head = head.strip()
    if not head or "(" not in head:
        return None
    # Cut what follows the parameter list: qualifiers, a trailing return type, a constructor's initialisers.
    depth, first = 0, head.find("(")
    prefix = head[:first + 1]
    if re.search(r"\boperator\s*\($", prefix):  # operator()(...)
        first = head.find("(", first + 1)
        prefix = head[:first + 1]
    match = _NAME.search(prefix)
    if not match or re.search(r"=\s*[^=]*$", prefix.replace("==", "").replace("operator=", "")):
        return None
    for index in range(first, len(head)):
        depth += {"(": 1, ")": -1}.get(head[index], 0)
        if depth == 0:
            break
    rest = head[index + 1:]
    if re.match(r"\s*(const|noexcept|override|final|&|->|:|requires|mutable|\(|$)", rest) is None:
        return None
    if re.match(r"[^:]*:[^:]", rest) and re.search(r"[\w>]\s*$", rest):
        return None  # `: member_` is followed by its initialiser, not by the body
    return re.sub(r"\s+", "", match.group(1))

"""memory_has.py PID TEXT: whether a process's memory holds the text, in any part that it can write to. Prints how often.
The text is given in halves joined by "+", so that this program's own arguments do not hold it."""

import re
import sys


def main():
    text = sys.argv[2].replace("+", "").encode()
    found = 0
    searched = 0
    with open(f"/proc/{sys.argv[1]}/maps", encoding="ascii", errors="replace") as maps:
        lines = maps.readlines()
    with open(f"/proc/{sys.argv[1]}/mem", "rb", buffering=0) as memory:
        for line in lines:
            place = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not place:
                continue
            first, last = (int(each, 16) for each in place.groups())
            if last - first > 1 << 32:  # what a sanitizer reserves for its shadow
                continue
            try:
                memory.seek(first)
                part = memory.read(last - first)
            except (OSError, ValueError, OverflowError):
                continue
            searched += len(part)
            found += part.count(text)
    if searched < 1_000_000:
        sys.exit(f"only {searched} bytes could be read")
    print(found)


main()

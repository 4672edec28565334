#!/usr/bin/env bash
# format.sh ROOT: clang-format-14 agrees with every C++ file. Other versions format otherwise: without it, skipped.
set -euo pipefail
cd "$1"
if ! command -v clang-format-14 >/dev/null; then
    echo "format: skipped, there is no clang-format-14 (Debian: clang-format-14)"
    exit 77
fi
folders=()
for folder in lib include cli plugins tests benchmarks docs/examples; do
    [[ ! -d $folder ]] || folders+=("$folder")
done
# The first place of each file says enough.
findings=$(find "${folders[@]}" -name '*.[ch]pp' -print0 | sort -z | xargs -0 clang-format-14 --dry-run 2>&1 |
    awk -F: '/: warning: / && !seen[$1]++ { print $1 ":" $2 ": run clang-format-14 -i " $1 }
             /error|No such/ { print }')
if [[ -n $findings ]]; then
    printf '%s\nformat: %d finding(s)\n' "$findings" "$(wc -l <<<"$findings")"
    exit 1
fi
echo "format: clean"

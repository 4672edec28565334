#!/usr/bin/env bash
# headers.sh SOURCE_CHECK ROOT sans-io|asio COMPILER [FLAG...]: every header of lib/ and include/ compiles alone: it
# includes what it needs and has its include guard. In two halves, since Asio's headers are slow. What a source file of
# lib/ includes before anything else is left out: the stage `alone` of scripts/test compiles it by itself.
# Works in the current folder.
set -euo pipefail
source_check=$1 root=$2 half=$3 work=$PWD/headers-$3
compiler=("${@:4}" -std=c++20 -Wall -Wextra -Werror -I lib -I include -c -O0)
if command -v ccache >/dev/null; then
    compiler=(ccache "${compiler[@]}")
fi
mkdir -p "$work"

# Through a file that includes it twice: `#pragma once` in a main file is a warning, and a missing guard shows.
compile_alone() {
    local name=${1#*/} output source=$work/${1//\//_}.cpp
    printf '#include "%s"\n' "$name" "$name" >"$source"
    if ! output=$("${compiler[@]}" "$source" -o "$source.o" 2>&1); then
        printf '%s:1: does not compile alone: include what it uses, begin with #pragma once\n%s\n' "$1" "$output"
    fi
}

cd "$root"
list=$("$source_check" "$half-headers" .)
findings=$(
    running=0
    for header in $list; do
        if ((++running > 2)); then
            wait -n
        fi
        compile_alone "$header" &
    done
    wait
)
if [[ -n $findings ]]; then
    printf '%s\nheaders: some do not compile alone\n' "$findings"
    exit 1
fi
echo "headers: clean ($(wc -w <<<"$list") that no source file begins with)"

#!/usr/bin/env bash
# locks.sh ROOT COMPILER FLAG...: clang's thread-safety analysis of every folder of lib/ that has a mutex: what is
# GUARDED_BY a mutex is used only with that mutex locked (base/mutex.hpp). And no mutex escapes it:
# std::mutex and its locks are used in base/mutex.hpp only. The headers and sources of a folder are analysed as one.
# cli/ and plugins/ are not analysed: they see public headers only, which have no macros, and so use std::mutex. There
# each mutex has a comment that says what it guards (docs/architecture/threads.md).
# Works in the current folder. Without clang, skipped.
set -euo pipefail
root=$1 compiler=$2 work=$PWD/locks
flags=("${@:3}" -std=c++20 -fsyntax-only -Wno-everything -Wthread-safety -Werror -I lib -I include)
if ! command -v "$compiler" >/dev/null; then
    echo "locks: skipped, there is no $compiler"
    exit 77
fi
mkdir -p "$work"
cd "$root"

unchecked=$(grep -rnE 'std::(mutex|shared_mutex|recursive_mutex|lock_guard|unique_lock|scoped_lock|condition_variable|condition_variable_any|shared_lock|timed_mutex)\b' \
    lib --include='*.[ch]pp' | grep -vE '^lib/base/mutex\.hpp:|// allowed: ' || true)
if [[ -n $unchecked ]]; then
    printf '%s\nlocks: use Mutex, MutexLock, ReleasableLock and ConditionVariable of base/mutex.hpp\n' "$unchecked"
    exit 1
fi

unsaid=$(grep -rnE 'std::mutex [a-z_]+;' cli plugins --include='*.[ch]pp' 2>/dev/null |
    grep -vE '// guards |_test\.cpp:|for_tests\.hpp:' || true)
if [[ -n $unsaid ]]; then
    printf '%s\nlocks: say what the mutex guards: `// guards ...`\n' "$unsaid"
    exit 1
fi

folders=$(grep -rlE '\b(Mutex|MutexLock|ReleasableLock)\b' lib --include='*.[ch]pp' | cut -d/ -f2 | sort -u)
analyse() {
    local folder=$1 source=$work/$1.cpp file output
    # <linux/tcp.h> and <netinet/tcp.h> cannot be in one file.
    for file in lib/"$folder"/*.hpp $(grep -LF '<linux/tcp.h>' lib/"$folder"/*.cpp); do
        printf '#include "%s"\n' "${file#lib/}"
    done >"$source"
    if ! output=$("$compiler" "${flags[@]}" "$source" 2>&1); then
        printf '%s\n' "$output"
    fi
}
findings=$(
    running=0
    for folder in $folders; do
        if ((++running > 2)); then
            wait -n
        fi
        analyse "$folder" &
    done
    wait
)
if [[ -n $findings ]]; then
    printf '%s\nlocks: something guarded is used without its lock\n' "$findings"
    exit 1
fi
echo "locks: clean ($(wc -w <<<"$folders") folders of lib/ analysed; in cli/ and plugins/ comments say what is guarded)"

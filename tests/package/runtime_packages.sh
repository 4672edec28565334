#!/usr/bin/env bash
# runtime_packages.sh PROGRAM DOCUMENT: whoever copies the program to another machine finds in the document, after
# `apt install`, the Debian packages of all libraries that it needs: no fewer and no others. Skips where the system is not
# the one that the document speaks of.
set -euo pipefail
export LC_ALL=C
program=$1 document=$2

grep -q '^VERSION_CODENAME=bookworm' /etc/os-release 2>/dev/null && command -v dpkg-query >/dev/null ||
    { echo "skipped: this is not Debian 12" && exit 77; }

# Packages that are on every Debian, since dpkg, apt or login need them.
readonly always=" libc6 libgcc-s1 libstdc++6 libcrypt1 zlib1g "

needed=$(ldd "$program" | awk '$3 ~ /^\// { print $3 }' | while read -r library; do
    # /lib is a link to /usr/lib, and dpkg knows a file by one of the names.
    dpkg-query --search "$library" 2>/dev/null || dpkg-query --search "$(realpath "$library")" 2>/dev/null ||
        dpkg-query --search "${library#/usr}" || [[ $library == */libferrotunnel.* ]]
done | cut -d : -f 1 | sort -u)
missing=
for package in $needed; do
    [[ $always == *" $package "* ]] || missing+=" $package"
done
named=$(grep -o 'apt install lib[^`]*' "$document" | cut -d ' ' -f 3- | tr ' ' '\n' | sort | tr '\n' ' ')
[[ -n $missing ]] || { echo "FAILED: $program needs no package at all?" && exit 1; }
if [[ "${missing# } " != "$named" ]]; then
    echo "FAILED: $document names: $named"
    echo "        the program needs:${missing}"
    exit 1
fi
echo "the program needs:$missing"

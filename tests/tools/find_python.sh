#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# find_python.sh VERSION...: print the first interpreter that really runs and has one of the versions, tried in the order given.
# "3.11+" stands for "python3, whichever it is, when it is at least 3.11".
set -euo pipefail

# A shim of pyenv is on PATH for each installed version but runs only the selected one: so each candidate is run.
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

candidates() {
    type -ap "$1" || true
    printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/"$1"
}

matches() {
    local version wanted=$2
    version=$(version_of "$1") || return 1
    case $wanted in
        *+) [ "$(printf '%s\n' "${wanted%+}" "$version" | sort -V | head -n 1)" = "${wanted%+}" ] ;;
        *) [ "$version" = "$wanted" ] ;;
    esac
}

for wanted in "$@"; do
    name=python$wanted
    case $wanted in *+) name=python3 ;; esac
    while IFS= read -r candidate; do
        if [ -x "$candidate" ] && matches "$candidate" "$wanted"; then
            printf '%s\n' "$candidate"
            exit 0
        fi
    done < <(candidates "$name")
done
exit 1

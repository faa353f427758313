# shellcheck shell=bash
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# What the set-up scripts share. Source it; it defines functions only.

say() { printf '%s\n' "$*" >&2; }

die() {
    say "golden.images: $*"
    exit 1
}

# quietly LOGFILE COMMAND...: the output is shown only when the command fails.
quietly() {
    local log=$1
    shift
    "$@" </dev/null >"$log" 2>&1 && return 0
    grep -v '^WARNING: Location' "$log" | tail -n 15 >&2
    return 1
}

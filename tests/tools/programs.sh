#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# programs.sh PURPOSE NEED=PACKAGE...: make sure that each NEED (a program, or a file when it starts with /) is there.
# Missing Debian packages are installed when this user may do so; otherwise one sentence says which to install.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

purpose=$1
shift

# dockerd, newuidmap and others live in sbin, which is not on every user's PATH.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

present() {
    case $1 in
        /*) [ -e "$1" ] ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

lacking=""
for need in "$@"; do
    present "${need%%=*}" || lacking+="${need#*=}"$'\n'
done
[ -n "$lacking" ] || exit 0
mapfile -t missing < <(printf '%s' "$lacking" | sort -u)

command -v apt-get >/dev/null || die "$purpose needs programs of these Debian packages, please install your system's counterparts: ${missing[*]}."
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null </dev/null || die "$purpose needs some packages, please install them: sudo apt-get install -y ${missing[*]}"
    as_root=(sudo -n)
fi

say "Installing ${missing[*]} with apt-get …"
# Slim images have removed it, and Java's package fails without it.
"${as_root[@]}" mkdir -p /usr/share/man/man1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
install=("${apt_get[@]}" install --no-install-recommends "${missing[@]}")
# Only a machine whose package lists are missing or old has to fetch them.
"${install[@]}" </dev/null >/dev/null 2>&1 && exit 0
if ! { quietly "$log" "${apt_get[@]}" update && quietly "$log" "${install[@]}"; }; then
    die "apt-get could not install ${missing[*]} for $purpose (see above); is the package mirror reachable?"
fi

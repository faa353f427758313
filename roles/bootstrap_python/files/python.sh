#!/bin/sh
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# python.sh install: brings Python 3 into this system, and notes what came with it.
# python.sh remove: removes what install noted, and nothing else.
# Ends with 10 when something changed, 0 when not, anything else for a failure.
set -eu

NOTE=/var/lib/golden-bootstrap-python

fail() {
    echo "$*" >&2
    exit 1
}

detect() {
    for manager in apt-get dnf yum microdnf zypper apk; do
        ! command -v "$manager" >/dev/null 2>&1 || return 0
    done
    fail 'Python is missing and none of apt-get, dnf, yum, microdnf, zypper and apk is there to install it.'
}

packages() {
    case $manager in
        apt-get) dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^ii *//p' ;;
        apk) apk info -q ;;
        *) rpm -qa --qf '%{NAME}\n' ;;
    esac | sort -u
}

install_python() {
    case $manager in
        apt-get)
            export DEBIAN_FRONTEND=noninteractive
            [ -n "$(ls /var/lib/apt/lists/*_Packages* 2>/dev/null)" ] || apt-get -q update
            # Lists that came with the image may name versions that are no longer there.
            apt-get -q -y --no-install-recommends install python3 || {
                apt-get -q update
                apt-get -q -y --no-install-recommends install python3
            }
            ;;
        zypper) zypper --non-interactive install --no-recommends python3 ;;
        apk) apk add --no-cache python3 ;;
        *) "$manager" -y install python3 ;;
    esac
}

remove_packages() {
    case $manager in
        apt-get) DEBIAN_FRONTEND=noninteractive apt-get -q -y purge "$@" ;;
        zypper) zypper --non-interactive remove "$@" ;;
        # The others were pulled in by it and leave with it.
        apk) apk del python3 ;;
        *) rpm -e "$@" ;;
    esac
}

install() {
    ! command -v python3 >/dev/null 2>&1 || exit 0
    detect
    mkdir -p "$NOTE"
    packages >"$NOTE/before"
    install_python
    command -v python3 >/dev/null 2>&1 || fail 'The package manager said that it installed Python, but there is no python3.'
    packages >"$NOTE/after"
    exit 10
}

remove() {
    [ -f "$NOTE/after" ] || exit 0
    detect
    packages >"$NOTE/now"
    # What came with Python, less what other packages installed since then still need.
    came=$(grep -vxFf "$NOTE/before" "$NOTE/after" | grep -xFf "$NOTE/now" || true)
    if [ -n "$came" ]; then
        since=$(grep -vxFf "$NOTE/after" "$NOTE/now" || true)
        # shellcheck disable=SC2086
        if [ -z "$since" ] || ! needed_by "$since" $came; then
            remove_packages $came
        else
            echo 'Packages that were installed since need Python; it stays.'
            rm -rf "$NOTE"
            exit 0
        fi
    fi
    rm -rf "$NOTE"
    exit 10
}

# Whether removing packages would take others with it.
needed_by() {
    since=$1
    shift
    case $manager in
        apt-get) doomed=$(apt-get -s -q -y purge "$@" 2>/dev/null | sed -n 's/^\(Remv\|Purg\) \([^ ]*\).*/\2/p') ;;
        zypper | dnf | yum | microdnf) rpm -e --test "$@" >/dev/null 2>&1 && return 1 || return 0 ;;
        apk) doomed=$(apk del -s python3 2>/dev/null | sed -n 's/.*Purging \([^ ]*\) .*/\1/p') ;;
    esac
    [ -n "$(printf '%s\n' "$doomed" | grep -xF "$since" || true)" ]
}

case ${1:-} in
    install | remove) "$1" ;;
    *) fail 'usage: python.sh install|remove' ;;
esac

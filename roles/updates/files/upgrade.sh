#!/bin/sh
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Upgrades the packages of this system. Ends with 10 when something changed, 0 when not, anything else for a failure.
set -eu

fail() {
    echo "$*" >&2
    exit 1
}

# Waits while another package manager holds a lock, by the words each of them has for it.
patiently() {
    left=$UPDATES_LOCK_TIMEOUT
    log=$(mktemp)
    until "$@" >"$log" 2>&1; do
        status=$?
        if [ "$left" -le 0 ] || ! grep -Eqi 'could not get lock|unable to (acquire|lock)|waiting for process|another app|system management is locked|unable to lock database' "$log"; then
            cat "$log" >&2
            rm -f "$log"
            return "$status"
        fi
        sleep 5
        left=$((left - 5))
    done
    cat "$log"
    rm -f "$log"
}

installed() {
    case $manager in
        apt) dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\n' ;;
        apk) apk info -v ;;
        *) rpm -qa ;;
    esac | sort | cksum
}

apt_security() {
    # Packages whose candidate comes from a security archive.
    apt-get -s -q dist-upgrade | sed -n 's/^Inst \([^ ]*\) .*[Ss]ecurity.*/\1/p'
}

upgrade_apt() {
    export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_MODE=a UCF_FORCE_CONFFOLD=1
    keep='-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold'
    held=''
    for package in $UPDATES_EXCLUDE; do
        if ! apt-mark showhold "$package" | grep -q . && dpkg -s "$package" >/dev/null 2>&1; then
            apt-mark hold "$package" >/dev/null
            held="$held $package"
        fi
    done
    # shellcheck disable=SC2064,SC2086
    trap "[ -z '$held' ] || apt-mark unhold $held >/dev/null" EXIT
    patiently apt-get -q update
    if [ "$UPDATES_SCOPE" = security ]; then
        packages=$(apt_security)
        # shellcheck disable=SC2086
        [ -z "$packages" ] || patiently apt-get -q -y $keep install --only-upgrade $packages
    else
        # shellcheck disable=SC2086
        patiently apt-get -q -y $keep dist-upgrade
    fi
    # shellcheck disable=SC2086
    [ "$UPDATES_AUTOREMOVE" = 0 ] || patiently apt-get -q -y autoremove
    [ "$UPDATES_CLEAN" = 0 ] || apt-get -q clean
}

upgrade_dnf() {
    set -- -y
    for package in $UPDATES_EXCLUDE; do
        set -- "$@" "--exclude=$package"
    done
    [ "$UPDATES_SCOPE" = all ] || set -- "$@" --security
    patiently "$manager" "$@" upgrade
    [ "$UPDATES_AUTOREMOVE" = 0 ] || patiently "$manager" -y autoremove
    [ "$UPDATES_CLEAN" = 0 ] || "$manager" -q clean packages
}

upgrade_zypper() {
    patiently zypper --non-interactive refresh
    locked=''
    for package in $UPDATES_EXCLUDE; do
        if ! zypper locks | grep -Eq "\| $package +\|"; then
            zypper --non-interactive addlock "$package" >/dev/null
            locked="$locked $package"
        fi
    done
    # shellcheck disable=SC2064
    trap "[ -z '$locked' ] || zypper --non-interactive removelock $locked >/dev/null" EXIT
    if [ "$UPDATES_SCOPE" = security ]; then
        # 102 and 103 ask for a restart of the machine or of zypper, which was updated itself.
        patiently zypper --non-interactive patch --category security --auto-agree-with-licenses || case $? in 102 | 103) ;; *) exit 1 ;; esac
    else
        patiently zypper --non-interactive update --auto-agree-with-licenses
    fi
    [ "$UPDATES_CLEAN" = 0 ] || zypper --non-interactive clean
}

upgrade_apk() {
    [ "$UPDATES_SCOPE" = all ] || fail 'apk does not tell security fixes from other upgrades; use scope: all.'
    patiently apk update
    set --
    for package in $(apk info 2>/dev/null); do
        case " $UPDATES_EXCLUDE " in *" $package "*) ;; *) set -- "$@" "$package" ;; esac
    done
    if [ -z "$UPDATES_EXCLUDE" ]; then
        patiently apk upgrade
    else
        patiently apk upgrade "$@"
    fi
    [ "$UPDATES_CLEAN" = 0 ] || rm -rf /var/cache/apk/*
}

manager=''
for candidate in apt-get dnf yum zypper apk; do
    if command -v "$candidate" >/dev/null 2>&1; then
        manager=${candidate%-get}
        break
    fi
done
[ -n "$manager" ] || fail 'None of apt-get, dnf, yum, zypper and apk is installed: the package manager of this system is not supported.'

before=$(installed)
case $manager in
    dnf | yum) upgrade_dnf ;;
    *) "upgrade_$manager" ;;
esac
after=$(installed)
[ "$before" = "$after" ] || exit 10

#!/bin/sh
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# generalize.sh clean: removes what makes this system one particular machine, and says what it removed.
# generalize.sh check: names what is left of it, and fails when there is something.
#
# Environment: GENERALIZE_KEEP (topics, separated by spaces), GENERALIZE_REMOVE (further patterns, one a line),
# GENERALIZE_BUILD_KEY (a public key), for check also GENERALIZE_BEFORE (what clean wrote) and GENERALIZE_BOOTED
# (1 when the system has started by itself since, and so has made new keys and logs).
# What is mounted into the system is not part of its image and stays as it is.
set -u

TOPICS='machine_id ssh_host_keys build_key cloud_init logs package_cache shell_history random_seed tmp network_names dhcp_leases ansible_files extra'
MADE_AT_BOOT='cloud_init logs package_cache random_seed tmp dhcp_leases'
NEWLINE='
'
MOUNTS=$(cut -d ' ' -f 5 /proc/self/mountinfo) && [ -c /dev/null ] || {
    echo 'Without /proc and /dev nobody can tell what is mounted here and must stay.' >&2
    exit 2
}
MOUNTS="$NEWLINE$MOUNTS$NEWLINE"

contains() {
    case " $1 " in *" $2 "*) return 0 ;; esac
    return 1
}

is_mounted() {
    case "$MOUNTS" in *"$NEWLINE$1$NEWLINE"*) return 0 ;; esac
    return 1
}

has_mounts() {
    case "$MOUNTS" in *"$NEWLINE$1/"*) return 0 ;; esac
    return 1
}

is_in_mount() {
    inner=$1
    while [ -n "$inner" ]; do
        is_mounted "$inner" && return 0
        inner=${inner%/*}
    done
    return 1
}

# Those of the paths that exist and belong to the image; of a folder with something mounted in it, what is beside that.
existing() {
    for path in "$@"; do
        if { [ ! -e "$path" ] && [ ! -L "$path" ]; } || is_in_mount "$path"; then
            continue
        fi
        if [ -d "$path" ] && [ ! -L "$path" ] && has_mounts "$path"; then
            # A subshell, for path is in use here.
            (existing "$path"/* "$path"/.[!.]*)
        else
            printf '%s\n' "$path"
        fi
    done
}

homes() {
    { echo /root; cut -d : -f 6 /etc/passwd; ls -d /home/*; } 2>/dev/null | sort -u | while IFS= read -r home; do
        case $home in
            / | '') ;;
            *) [ ! -d "$home" ] || echo "$home" ;;
        esac
    done
}

in_homes() {
    homes | while IFS= read -r home; do
        for name in "$@"; do
            existing "$home/$name"
        done
    done
}

log_files() {
    [ ! -d /var/log ] || find /var/log -type f "$@" 2>/dev/null | while IFS= read -r path; do
        is_in_mount "$path" || printf '%s\n' "$path"
    done
}

key_files() {
    [ -n "${GENERALIZE_BUILD_KEY:-}" ] || return 0
    # Its second word is the key itself; a comment may have been changed.
    blob=$(printf '%s\n' "$GENERALIZE_BUILD_KEY" | cut -d ' ' -f 2)
    [ -n "$blob" ] || return 0
    { in_homes .ssh/authorized_keys .ssh/authorized_keys2; existing /etc/ssh/authorized_keys/*; } | while IFS= read -r path; do
        ! grep -qF -- "$blob" "$path" 2>/dev/null || printf '%s\n' "$path"
    done
}

# What of a topic must not be in an image, one path a line.
victims() {
    case $1 in
        machine_id)
            [ ! -s /etc/machine-id ] || existing /etc/machine-id
            [ -L /var/lib/dbus/machine-id ] || existing /var/lib/dbus/machine-id
            ;;
        ssh_host_keys) existing /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub /etc/dropbear/dropbear_*_host_key ;;
        build_key) key_files ;;
        cloud_init)
            existing /var/lib/cloud/* /run/cloud-init/*
            [ ! -d /etc/cloud ] || existing /etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init*
            ;;
        logs)
            log_files -size +0
            existing /var/crash/* /var/lib/systemd/coredump/*
            ;;
        package_cache)
            existing /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/* /var/cache/apt/*.bin /var/lib/apt/lists/*_* \
                /var/cache/dnf/* /var/cache/libdnf5/* /var/cache/yum/* /var/cache/zypp/* /var/cache/apk/*
            ;;
        shell_history)
            in_homes .bash_history .ash_history .sh_history .zsh_history .python_history .lesshst .viminfo .wget-hsts .mysql_history .psql_history
            ;;
        random_seed)
            existing /var/lib/systemd/random-seed /var/lib/urandom/random-seed /var/lib/random-seed /boot/loader/random-seed \
                /boot/efi/loader/random-seed /efi/loader/random-seed /var/lib/seedrng/*
            ;;
        tmp)
            existing /tmp/* /tmp/.[!.]* /var/tmp/* /var/tmp/.[!.]* | grep -v '/systemd-private-'
            ;;
        network_names) existing /etc/udev/rules.d/70-persistent-net.rules /etc/udev/rules.d/75-persistent-net-generator.rules ;;
        dhcp_leases)
            existing /var/lib/dhcp/* /var/lib/dhclient/* /var/lib/dhcpcd/* /var/lib/NetworkManager/*.lease \
                /var/lib/NetworkManager/secret_key /var/lib/NetworkManager/timestamps /var/lib/systemd/network/*
            ;;
        ansible_files) in_homes .ansible ;;
        extra)
            printf '%s\n' "${GENERALIZE_REMOVE:-}" | while IFS= read -r pattern; do
                # Unquoted, so that the shell expands the pattern.
                # shellcheck disable=SC2086
                [ -z "$pattern" ] || existing $pattern
            done
            ;;
    esac
}

clean_one() {
    case $1:$2 in
        # Empty, not absent: the system then makes a new one at its next start, on a read-only root too.
        machine_id:/etc/machine-id) : >"$2" ;;
        build_key:*)
            blob=$(printf '%s\n' "$GENERALIZE_BUILD_KEY" | cut -d ' ' -f 2)
            others=$(grep -vF -- "$blob" "$2")
            if [ -n "$others" ]; then
                printf '%s\n' "$others" >"$2"
            else
                rm -f -- "$2"
            fi
            ;;
        logs:/var/log/journal/* | logs:*.gz | logs:*.xz | logs:*.bz2 | logs:*.old | logs:*.[0-9] | logs:*-20[0-9][0-9][0-9][0-9][0-9][0-9]) rm -f -- "$2" ;;
        # Its owner and mode are what a service expects to find.
        logs:/var/log/*) : >"$2" ;;
        *) rm -rf -- "$2" ;;
    esac
}

# sshd of Debian and Ubuntu does not start without keys, and only cloud-init makes new ones there.
make_keys_at_start() {
    [ ! -e /usr/bin/cloud-init ] || return 0
    for unit in /lib/systemd/system/ssh.service /usr/lib/systemd/system/ssh.service; do
        if [ -e "$unit" ] && [ ! -e /etc/systemd/system/ssh.service.d/golden-host-keys.conf ]; then
            mkdir -p /etc/systemd/system/ssh.service.d
            printf '[Service]\nExecStartPre=\nExecStartPre=/usr/bin/ssh-keygen -A\nExecStartPre=/usr/sbin/sshd -t\n' \
                >/etc/systemd/system/ssh.service.d/golden-host-keys.conf
            return 0
        fi
    done
}

identities() {
    for topic in machine_id ssh_host_keys; do
        victims "$topic" | while IFS= read -r path; do
            echo "was $path $(cksum <"$path")"
        done
    done
}

for topic in ${GENERALIZE_KEEP:-}; do
    contains "$TOPICS" "$topic" || {
        echo "keep: there is no topic $topic; topics are: $TOPICS" >&2
        exit 2
    }
done

clean() {
    identities
    for topic in $TOPICS; do
        contains "${GENERALIZE_KEEP:-}" "$topic" && continue
        [ "$topic" != ssh_host_keys ] || make_keys_at_start
        victims "$topic" | while IFS= read -r path; do
            clean_one "$topic" "$path" && echo "removed $path"
        done
        left=$(victims "$topic")
        if [ -n "$left" ] && [ "$topic" != logs ]; then
            printf '%s: could not be removed: %s\n' "$topic" "$left" >&2
            return 1
        fi
    done
}

is_new() {
    case "${GENERALIZE_BEFORE:-}" in *"was $1 $(cksum <"$1")"*) return 1 ;; esac
    [ "${GENERALIZE_BOOTED:-0}" = 1 ]
}

# What the check brought into the guest itself, or what a start of the system makes anew.
is_expected() {
    case $1:$2 in
        ansible_files:*) return 0 ;;
        machine_id:* | ssh_host_keys:*) is_new "$2" && return 0 ;;
        tmp:*) case $0 in "$2"/*) return 0 ;; esac ;;
    esac
    return 1
}

check() {
    found=$(
        for topic in $TOPICS; do
            contains "${GENERALIZE_KEEP:-}" "$topic" && continue
            [ "${GENERALIZE_BOOTED:-0}" = 1 ] && contains "$MADE_AT_BOOT" "$topic" && continue
            victims "$topic" | while IFS= read -r path; do
                is_expected "$topic" "$path" || echo "$topic: $path"
            done
        done
    )
    [ -z "$found" ] || {
        printf 'This image still has:\n%s\n' "$found" >&2
        return 1
    }
}

case ${1:-} in
    clean | check) "$1" ;;
    *)
        echo 'usage: generalize.sh clean|check' >&2
        exit 2
        ;;
esac

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian whose disk boots on a BIOS, with cloud-init and an SSH server: what a cloud image has, but quick to boot without hardware virtualization."""

from __future__ import annotations

import pathlib
import shutil
import typing as t

from .cached import cached, mirror, run
from .disks import make_disk

RELEASE = "bookworm"
SIZE = 3072
USER = "debian"
UUID = "6f6c6465-6e00-4000-8000-000000000001"

PACKAGES = "linux-image-amd64,tiny-initramfs,systemd-sysv,udev,kmod,openssh-server,python3,python3-apt,python3-yaml,sudo,libnss-myhostname,usr-is-merged"
CLOUD_PACKAGES = "cloud-init,eject"
KEPT_MODULES = (
    *(f"drivers/{name}" for name in ("virtio", "ata", "cdrom", "nvme", "block/virtio_blk.ko", "block/floppy.ko", "net/virtio_net.ko", "net/net_failover.ko")),
    *(f"drivers/{name}" for name in ("net/ethernet/intel/e1000", "char/hw_random", "scsi/sd_mod.ko", "scsi/sr_mod.ko", "scsi/virtio_scsi.ko")),
    *(f"drivers/{name}" for name in ("scsi/scsi_mod.ko", "scsi/scsi_common.ko")),
    *(f"fs/{name}" for name in ("ext4", "jbd2", "mbcache.ko", "isofs", "fat", "nls", "autofs")),
    *("lib", "crypto", "block", "arch/x86/crypto", "net/core/failover.ko", "drivers/input", "drivers/acpi/button.ko"),
)
DISK_MODULES = "ahci,ata_piix,sd_mod,virtio_pci,virtio_blk,virtio_scsi,nvme,ext4"

#: Units that cost seconds in emulation and do nothing for a test.
MASKED = """
apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer getty@.service getty-static.service
systemd-tmpfiles-clean.timer systemd-logind.service dbus-org.freedesktop.login1.service modprobe@.service systemd-binfmt.service
proc-sys-fs-binfmt_misc.automount kmod-static-nodes.service systemd-modules-load.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount
sys-kernel-tracing.mount sys-fs-fuse-connections.mount sys-kernel-config.mount systemd-firstboot.service systemd-update-utmp.service
systemd-update-utmp-runlevel.service systemd-sysusers.service systemd-pstore.service systemd-ask-password-console.path
systemd-ask-password-wall.path systemd-remount-fs.service systemd-hwdb-update.service systemd-boot-system-token.service systemd-repart.service
systemd-networkd-wait-online.service cloud-init-hotplugd.socket cloud-init-local.service cloud-config.service cloud-final.service
"""

NETWORK = """[Match]
Type=ether
[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no
"""
CLOUD = f"""datasource_list: [NoCloud, None]
ssh_genkeytypes: [ed25519]
apt_preserve_sources_list: true
cloud_init_modules: [write-files, set_hostname, users-groups, ssh]
cloud_config_modules: [ssh-import-id, set-passwords, runcmd]
cloud_final_modules: [scripts-user]
system_info:
  default_user: {{name: {USER}, lock_passwd: true, gecos: Debian, groups: [sudo], sudo: ["ALL=(ALL) NOPASSWD:ALL"], shell: /bin/bash}}
"""
#: All stages of cloud-init in one process: in emulation the start of Python is what takes long.
CLOUD_UNIT = """[Unit]
Description=cloud-init, all stages
DefaultDependencies=no
After=systemd-remount-fs.service systemd-udev-trigger.service
Before=ssh.service shutdown.target
Conflicts=shutdown.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStartPre=udevadm settle
ExecStart=/usr/local/sbin/cloud-init-stages
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
"""
CLOUD_PROGRAM = """#!/usr/bin/python3 -I
import os, subprocess, sys
from cloudinit.cmd.main import main
main(["cloud-init", "init", "--local"])
if any(name.startswith("10-cloud-init") for name in os.listdir("/etc/systemd/network")):
    # No networkctl: there is no bus to ask networkd on.
    subprocess.run(["systemctl", "--no-block", "restart", "systemd-networkd"], check=True)
main(["cloud-init", "init"])
main(["cloud-init", "modules", "--mode=config"])
main(["cloud-init", "modules", "--mode=final"])
"""
#: The button is heard by logind, which is not worth its start.
POWER_BUTTON = """[Unit]
Description=Power off when the button is pressed
[Service]
ExecStart=/usr/local/sbin/power-button
"""
POWER_BUTTON_PROGRAM = """#!/bin/sh
event=$(sed -n '/Name="Power Button"/,/^$/s/^H: Handlers=.*\\(event[0-9]*\\).*/\\1/p' /proc/bus/input/devices)
head -c 24 /dev/input/$event >/dev/null && systemctl --no-block poweroff
"""
#: Of all devices only those that matter are told again to udev.
COLD_PLUG = """[Service]
ExecStart=
ExecStart=udevadm trigger --action=add --subsystem-match=block --subsystem-match=net --subsystem-match=input --subsystem-match=pci --subsystem-match=virtio \\
    --subsystem-match=acpi --subsystem-match=scsi --subsystem-match=pnp
"""


def guest_disk(cache: pathlib.Path) -> pathlib.Path:
    """A qcow2 file with the disk.

    :raises RigError: when it cannot be made.
    """
    recipe = "".join(pathlib.Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("guest_disk.py", "disks.py"))
    return cached(cache, "virtualbox-guest.qcow2", recipe, _make)


def _make(disk: pathlib.Path) -> None:
    tree, raw = disk.with_name("tree"), disk.with_name("disk.raw")
    bootstrap(tree, f"{PACKAGES},{CLOUD_PACKAGES}", UUID)
    _add_cloud_init(tree)
    make_disk(tree, raw, SIZE, UUID)
    run("qemu-img", "convert", "-O", "qcow2", raw, disk)


def bootstrap(tree: pathlib.Path, packages: str, uuid: str) -> None:
    """A system with its settings, as a folder.

    :param packages: names with commas between.
    :param uuid: of the file system that it is for.
    """
    kernel = "/lib/modules/*/kernel"
    excluded = [f"path-exclude={path}" for path in ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", f"{kernel}/*")]
    included = [f"path-include={kernel}/{path}{'' if path.endswith('.ko') else '/*'}" for path in KEPT_MODULES]
    initrd = f'AUTO_MODULES=no\\nMICROCODE=no\\nINCLUDE_MODULES="{DISK_MODULES}"\\n'
    hook = f'mkdir -p "$1/etc/tiny-initramfs"; printf \'{initrd}\' > "$1/etc/tiny-initramfs/tiny-initramfs.conf"'
    options = ["--quiet", "--variant=minbase", "--mode=root", f"--include={packages}", '--aptopt=Apt::Install-Recommends "false"', f"--essential-hook={hook}"]
    dpkg = [f"--dpkgopt={option}" for option in (*excluded, *included)]
    run("mmdebstrap", *options, "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", *dpkg, RELEASE, tree, mirror())
    _configure(tree)
    write(tree, "boot/grub/grub.cfg", _boot_settings(tree, uuid))


def _add_cloud_init(tree: pathlib.Path) -> None:
    write(tree, "etc/cloud/cloud.cfg.d/90-rig.cfg", CLOUD)
    write(tree, "etc/systemd/system/cloud-init.service", CLOUD_UNIT)
    write(tree, "usr/local/sbin/cloud-init-stages", CLOUD_PROGRAM, 0o755)
    _link(tree / "etc/systemd/system/multi-user.target.wants/cloud-init.service", "/etc/systemd/system/cloud-init.service")


def _configure(tree: pathlib.Path) -> None:
    write(tree, "etc/hostname", "guest\n")
    write(tree, "etc/hosts", "127.0.0.1 localhost\n127.0.1.1 guest\n")
    write(tree, "etc/systemd/network/50-ethernet.network", NETWORK)
    write(tree, "etc/systemd/journald.conf.d/rig.conf", "[Journal]\nStorage=volatile\n")
    write(tree, "etc/ssh/sshd_config.d/rig.conf", "UseDNS no\n")
    write(tree, "etc/systemd/system/power-button.service", POWER_BUTTON)
    write(tree, "etc/systemd/system/systemd-udev-trigger.service.d/rig.conf", COLD_PLUG)
    write(tree, "usr/local/sbin/power-button", POWER_BUTTON_PROGRAM, 0o755)
    units = tree / "etc/systemd/system"
    for unit in MASKED.split():
        _link(units / unit, "/dev/null")
    _link(units / "default.target", "/lib/systemd/system/multi-user.target")
    for unit in ("/lib/systemd/system/systemd-networkd.service", "/etc/systemd/system/power-button.service"):
        _link(units / "multi-user.target.wants" / pathlib.Path(unit).name, unit)
    for key in (tree / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    for path in ("etc/fstab", "etc/machine-id"):
        write(tree, path, "")
    resolver = tree / "etc/resolv.conf"
    resolver.unlink(missing_ok=True)
    resolver.write_text("nameserver 10.0.2.3\n")
    shutil.rmtree(tree / "var/lib/apt/lists")
    (tree / "var/lib/apt/lists/partial").mkdir(parents=True)


def _boot_settings(tree: pathlib.Path, uuid: str) -> str:
    (kernel,) = (tree / "boot").glob("vmlinuz-*")
    version = kernel.name.removeprefix("vmlinuz-")
    arguments = f"root=UUID={uuid} rw console=tty0 console=ttyS0 quiet mitigations=off panic=-1 apparmor=0 audit=0 cryptomgr.notests"
    return f"linux /boot/vmlinuz-{version} {arguments}\ninitrd /boot/initrd.img-{version}\nboot\n"


def write(tree: pathlib.Path, path: str, text: str, mode: t.Literal[0o644, 0o755] = 0o644) -> None:
    """A file of a system."""
    place = tree / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    place.chmod(mode)


def _link(path: pathlib.Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CD that installs a small Debian onto a blank disk without a question, when somebody types ``install`` at its boot menu.

What is typed there says where its answers are: ``c`` opens the prompt of GRUB, and ``install answers=http://…/answers``, ``install answers=cd`` or
``install answers=floppy`` begins. An answer is a line ``name=value``: ``hostname``, ``authorized_key`` (of root), ``password`` (of root, hashed).
The machine is powered off at the end. Nothing happens while nobody types.
"""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import tempfile

from ..docker.rig import program
from .cached import cached, run
from .disks import EARLY, MODULES, loader
from .guest_disk import PACKAGES, bootstrap, write

UUID = "6f6c6465-6e00-4000-8000-000000000002"
LABEL = "RIGINSTALL"
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
#: Of the system that is installed; what it needs beyond that comes from its provisioners.
UNNEEDED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/zoneinfo", "usr/share/perl5", "usr/share/bash-completion", "usr/lib/udev/hwdb.bin")
DRIVERS = ("ahci", "ata_piix", "sd_mod", "sr_mod", "isofs", "ext4", "vfat", "nls_ascii", "nls_cp437", "floppy", "e1000", "virtio_net", "virtio_blk")
#: Of what the drivers ask for by another way than their table of needs.
FIRST = ("virtio_pci", "virtio_scsi", "crc32c_generic")

MENU = """
insmod all_video
function install {
    linux /boot/vmlinuz console=tty0 console=ttyS0 quiet mitigations=off panic=-1 $@
    initrd /boot/initrd
    boot
}
set timeout=-1
menuentry "Press c, and type: install answers=..." { true; }
"""
INIT = """#!/bin/busybox sh
export PATH=/bin
/bin/busybox mkdir -p /bin /proc /sys /dev /answers /cd /target
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec >/dev/ttyS0 2>&1

give_up() { echo "the installer gives up: $*"; exec sleep 100000; }
is_installer() { [ -e /cd/system.tar ]; }
answer() { sed -n "s/^$1=//p" /answers.txt; }

for module in $(cat /modules); do insmod "/$module"; done
for attempt in $(seq 100); do
    for drive in /dev/sr*; do
        mount -r -t iso9660 "$drive" /cd 2>/dev/null && { is_installer && break 2; umount /cd; }
    done
    sleep 0.1
done
is_installer || give_up "no CD with a system"

where=$(sed -n 's/.*answers=\\([^ ]*\\).*/\\1/p' /proc/cmdline)
echo "the installer takes its answers from $where"
case "$where" in
    http:*)
        ip link set lo up
        for card in /sys/class/net/e*; do ip link set "${card##*/}" up; udhcpc -q -n -i "${card##*/}" -s /dhcp || give_up "no address"; done
        wget -q -O /answers.txt "$where" || give_up "no answers at $where" ;;
    cd) for drive in /dev/sr*; do mount -r -t iso9660 "$drive" /answers && { cp /answers/answers /answers.txt; umount /answers; }; done ;;
    floppy) mount -r -t vfat /dev/fd0 /answers && cp /answers/answers /answers.txt ;;
esac
[ -s /answers.txt ] || give_up "no answers"

for disk in /dev/sda /dev/vda; do [ -b "$disk" ] && break; done
[ -b "$disk" ] || give_up "no disk"
printf 'o\\nn\\np\\n1\\n2048\\n\\na\\n1\\nw\\n' | fdisk -u "$disk"
mke2fs -L root "${disk}1" || give_up "no file system"
printf '@UUID@' | dd of="${disk}1" bs=1 seek=1128 conv=notrunc
mount -t ext4 "${disk}1" /target || give_up "the file system cannot be mounted"
echo "the installer unpacks"
tar -x -f /cd/system.tar -C /target || give_up "the system cannot be unpacked"

answer hostname >/target/etc/hostname
mkdir -p -m 0700 /target/root/.ssh
answer authorized_key >/target/root/.ssh/authorized_keys
password=$(answer password)
[ -z "$password" ] || sed -i "s|^root:[^:]*:|root:$password:|" /target/etc/shadow
mount -o bind /dev /target/dev
chroot /target ssh-keygen -q -t ed25519 -N '' -f @HOST_KEY@ || give_up "no host key"
umount /target/dev
dd if=/cd/boot/boot.img of="$disk" bs=440 count=1 conv=notrunc
dd if=/cd/boot/core.img of="$disk" bs=512 seek=1 conv=notrunc
umount /target
sync
echo "the installer is through"
poweroff -f
"""
DHCP = """#!/bin/busybox sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/$mask" dev "$interface"
ip route add default via "$router"
"""


def installer_disc(cache: pathlib.Path) -> pathlib.Path:
    """The CD.

    :raises RigError: when it cannot be made.
    """
    recipe = "".join(pathlib.Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("installer_disc.py", "guest_disk.py", "disks.py"))
    return cached(cache, "virtualbox-installer.iso", recipe, _make)


def _make(disc: pathlib.Path) -> None:
    tree, content = disc.with_name("tree"), disc.with_name("content")
    boot = content / "boot"
    (boot / "grub").mkdir(parents=True)
    bootstrap(tree, PACKAGES, UUID)
    (kernel,) = (tree / "boot").glob("vmlinuz-*")
    shutil.copyfile(kernel, boot / "vmlinuz")
    (boot / "initrd").write_bytes(_initrd(tree))
    for path in UNNEEDED:
        place = tree / path
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    run("tar", "--create", "--file", content / "system.tar", "--numeric-owner", "--sort=name", "--directory", tree, ".")
    shutil.copyfile("/usr/lib/grub/i386-pc/boot.img", boot / "boot.img")
    (boot / "core.img").write_bytes(loader(disc.with_name("disk"), EARLY.format(uuid=UUID), MODULES))
    write(content, "boot/grub/grub.cfg", MENU)
    early = f"search --no-floppy --label --set=root {LABEL}\nset prefix=($root)/boot/grub\n"
    modules = ("biosdisk", "iso9660", "linux", "normal", "configfile", "terminal", "echo", "search", "search_label", "all_video", "true", "minicmd")
    (boot / "grub/cd.img").write_bytes(loader(disc.with_name("cd"), early, modules, "i386-pc-eltorito"))
    record = ["-b", "boot/grub/cd.img", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"]
    run("xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", LABEL, *record, "-o", disc, content)


def _initrd(tree: pathlib.Path) -> bytes:
    """A busybox, the drivers and the installer."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        write(root, "bin/busybox", "", 0o755)
        shutil.copyfile(program("busybox"), root / "bin/busybox")
        uuid = "".join(f"\\x{byte:02x}" for byte in bytes.fromhex(UUID.replace("-", "")))
        write(root, "init", INIT.replace("@UUID@", uuid).replace("@HOST_KEY@", HOST_KEY), 0o755)
        write(root, "dhcp", DHCP, 0o755)
        (modules,) = (tree / "lib/modules").iterdir()
        wanted = _drivers((modules / "modules.dep").read_text(encoding="utf-8"))
        for module in wanted:
            (root / module).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(modules / module, root / module)
        write(root, "modules", "".join(f"{module}\n" for module in wanted))
        listed = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
        argv = [program("busybox"), "cpio", "-o", "-H", "newc"]
        return subprocess.run(argv, cwd=root, input=listed.encode(), capture_output=True, check=True).stdout


def _drivers(table: str) -> list[str]:
    """Files of the drivers and of what each needs, in the order in which they can be loaded."""
    needs = {path: rest.split() for path, rest in re.findall(r"^(\S+):(.*)$", table, re.MULTILINE)}
    paths = {pathlib.Path(path).stem: path for path in needs}
    found: dict[str, None] = {}
    for name in (*FIRST, *DRIVERS):
        # The table has what is needed first at the end.
        for path in [*reversed(needs[paths[name]]), paths[name]]:
            found.setdefault(path)
    return list(found)

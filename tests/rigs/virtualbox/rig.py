# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's VirtualBox, private to the tests: the real VBoxManage, with machines that run in QEMU since there is no kernel driver."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import typing as t

from ..docker.processes import RigError, kill_all, wait_until
from ..docker.rig import program
from ..leftovers import Kinds
from .guest_disk import guest_disk
from .virtualbox_files import virtualbox

ROOT = pathlib.Path(__file__).resolve().parents[3]
MEDIA = ("hdds", "dvds", "floppies")
#: VBoxSVC was starting, or about to end, or another call has the machine for a moment.
PASSING = (
    "Failed to create the VirtualBox object",
    "Failed to create a session object",
    "Failed to initialize COM",
    "The object is not ready",
    "is already locked",
    "being locked or unlocked",
    "while it is locked",
)
CALLS, PAUSE = 60, 0.5

PROGRAM = """#!{python} -IB
import os, sys
sys.path.insert(0, {root!r})
from tests.rigs.virtualbox.wrapper import main
os.environ.setdefault("VBOX_USER_HOME", {home!r})
os.environ.setdefault("VBOX_IPC_SOCKETID", {service!r})
os.environ["GOLDEN_RIG"] = {folder!r}
sys.exit(main({usr!r}, {folder!r}, {qemu!r}))
"""


@dataclasses.dataclass(eq=False)
class VirtualBoxRig:
    """A VirtualBox of its own.

    :ivar folder: an empty folder of its own, with a short path since sockets are put into it.
    :ivar disk: a qcow2 file with a Debian that has cloud-init; not to be changed.
    """

    folder: pathlib.Path
    disk: pathlib.Path = pathlib.Path()

    @property
    def programs(self) -> pathlib.Path:
        """The folder with ``VBoxManage``."""
        return self.folder / "bin"

    @property
    def environment(self) -> dict[str, str]:
        """What a user has whose VirtualBox this is."""
        return {"PATH": os.pathsep.join([str(self.programs), os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])}

    def start(self, cache: pathlib.Path) -> None:
        """Have all that is needed.

        :raises RigError: when it cannot be had.
        """
        if os.geteuid() != 0:
            raise RigError("VirtualBox without its driver needs root")
        qemu = program("qemu-system-x86_64")
        usr, self.disk = virtualbox(cache), guest_disk(cache)
        self.programs.mkdir()
        names = {"python": sys.executable, "root": str(ROOT), "home": str(self.folder / "home"), "service": self.folder.name}
        manage = self.programs / "VBoxManage"
        manage.write_text(PROGRAM.format(**names, folder=str(self.folder), usr=str(usr), qemu=qemu))
        manage.chmod(0o755)
        # Without this it is in the home of root, whatever HOME says.
        self.vboxmanage("setproperty", "machinefolder", str(self.folder / "machines"))

    def vboxmanage(self, *arguments: str | os.PathLike[str]) -> str:
        """Call VBoxManage and return what it wrote.

        :raises RigError: when it fails.
        """
        # VBoxSVC keeps the folder of who started it.
        argv = [str(self.programs / "VBoxManage"), *map(os.fspath, arguments)]
        for _attempt in range(CALLS):
            done = subprocess.run(argv, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
            if not done.returncode:
                return done.stdout
            if not any(words in done.stderr for words in PASSING):
                break
            time.sleep(PAUSE)
        raise RigError(f"VBoxManage {arguments[0]}: {done.stderr}")

    def machines(self) -> dict[str, str]:
        """Ids of all machines by name."""
        return dict(re.findall(r'^"(.*)" \{(.*)\}$', self.vboxmanage("list", "vms"), re.MULTILINE))

    def info(self, machine: str) -> dict[str, str]:
        """What VBoxManage says of a machine."""
        return dict(re.findall(r'^"?([^"=\n]+)"?="?(.*?)"?$', self.vboxmanage("showvminfo", machine, "--machinereadable"), re.MULTILINE))

    def is_running(self, machine: str) -> bool:
        """Whether it is there and runs."""
        return machine in self.machines() and self.info(machine)["VMState"] == "running"

    def media(self) -> set[str]:
        """Where the media are that VirtualBox knows, disks, CDs and floppies."""
        return {path for kind in MEDIA for path in re.findall(r"^Location: +(.*)$", self.vboxmanage("list", kind), re.MULTILINE)}

    # -- what the kernel says

    def emulators(self) -> list[int]:
        """Processes of running machines."""
        return [pid for pid, (arguments, _environment) in self._processes().items() if str(self.folder / "run") in arguments and "-daemonize" in arguments]

    def services(self) -> list[int]:
        """VBoxSVC and what belongs to it, of isolated builds too; not the calls."""
        found = self._processes()
        names = ("/VBoxSVC", "/VBoxXPCOMIPCD")
        return [pid for pid, (arguments, environ) in found.items() if f"GOLDEN_RIG={self.folder}" in environ and arguments.split("\0")[0].endswith(names)]

    @staticmethod
    def _processes() -> dict[int, tuple[str, str]]:
        found = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                texts = [(entry / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ")]
                found[int(entry.name)] = (texts[0], texts[1])
        return found

    def ports(self) -> set[str]:
        """Ports on which running machines listen for their guests."""
        inodes = set()
        for pid in self.emulators():
            with contextlib.suppress(OSError):
                links = [os.readlink(entry) for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
                inodes |= {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
        rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]]
        return {str(int(row[1].rpartition(":")[2], 16)) for row in rows if row[3] == "0A" and row[9] in inodes}

    def everything(self) -> Kinds:
        """All that a build may leave."""
        machines = self.machines()
        return {
            "machines": set(machines),
            "media": self.media(),
            "emulators": set(map(str, self.emulators())),
            "ports": self.ports(),
            "files": {str(path) for path in (self.folder / "machines").rglob("*") if path.is_file()},
        }

    # -- faults

    def kill_service(self, with_machines: bool = True) -> None:
        """VBoxSVC dies as by SIGKILL, and the running machines notice it and end, unless told otherwise."""
        kill_all(self.services())
        if with_machines:
            kill_all(self.emulators())
        wait_until(lambda: not self.services(), "VBoxSVC to end")

    def clear(self) -> None:
        """Remove every machine and every medium; the files of media stay."""
        kill_all(self.emulators())
        wait_until(lambda: not self.emulators(), "machines to end")
        for machine in self.machines().values():
            with contextlib.suppress(RigError):
                self.vboxmanage("unregistervm", machine, "--delete-all")
        for kind, name in (("hdds", "disk"), ("dvds", "dvd"), ("floppies", "floppy")):
            for medium in re.findall(r"^UUID: +(.*)$", self.vboxmanage("list", kind), re.MULTILINE):
                with contextlib.suppress(RigError):
                    self.vboxmanage("closemedium", name, medium)

    def stop(self) -> None:
        """End all of it."""
        kill_all(self.emulators())
        self.kill_service()
        for folder in (pathlib.Path(f"/tmp/.vbox-{self.folder.name}-ipc"), self.folder):
            shutil.rmtree(folder, ignore_errors=True)


def convert(source: pathlib.Path, target: pathlib.Path) -> None:
    """Copy a disk in any format, into the one that the new file's name ends with."""
    subprocess.run([program("qemu-img"), "convert", "-O", target.suffix[1:], source, target], check=True, capture_output=True)


def in_disk(path: pathlib.Path, name: str) -> str:
    """The text of a file in the first partition of a disk in any format, read without VirtualBox and without starting it."""
    raw = path.with_name(f"{path.name}.raw")
    try:
        convert(path, raw)
        shown = subprocess.run([program("debugfs"), "-R", f"cat {name}", f"{raw}?offset=1048576"], check=True, capture_output=True, text=True)
        return shown.stdout
    finally:
        raw.unlink(missing_ok=True)


def command_line(argv: t.Sequence[str]) -> int:
    """``python3 -m tests.rigs.virtualbox.rig FOLDER CACHE``: have a rig in FOLDER, for use by hand."""
    rig = VirtualBoxRig(pathlib.Path(argv[0]).absolute())
    rig.folder.mkdir(parents=True, exist_ok=True)
    rig.start(pathlib.Path(argv[1]).absolute())
    print(f"VBoxManage: {rig.programs}\ndisk: {rig.disk}")
    return 0


if __name__ == "__main__":
    sys.exit(command_line(sys.argv[1:]))

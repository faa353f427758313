# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``VBoxManage`` without the kernel driver: everything is done by the real one, but running machines are QEMU's.

Only the standard library: this starts for every call.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import itertools
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import time
import typing as t

from . import differences
from .machine import Forward, Machine, UnsupportedError, command
from .qmp import Qmp, QmpError

PROGRESS = "0%...10%...20%...30%...40%...50%...60%...70%...80%...90%...100%"
INVALID_STATE = "VBOX_E_INVALID_OBJECT_STATE (0x80bb0007)"
#: What a machine that runs refuses, by the verb; the machine is the first argument.
LOCKED = ("export", "modifyvm", "storagectl", "snapshot", "clonevm", "movevm", "modifynvram", "unregistervm", "encryptvm")
MEDIUM_VERBS = ("closemedium", "modifymedium", "modifyhd", "clonemedium", "clonehd", "mediumio")
KEY_PACE = 0.015


class RefusedError(Exception):
    """As VirtualBox refuses: the message, and the code."""

    def __init__(self, message: str, code: str = INVALID_STATE) -> None:
        super().__init__(message)
        self.code = code


class Wrapper:
    """One call.

    :param usr: VirtualBox's files, in place of ``/usr``.
    :param folder: of the rig.
    """

    def __init__(self, usr: pathlib.Path, folder: pathlib.Path, qemu: str) -> None:
        script = 'mount --bind "$0" /usr && exec /usr/lib/virtualbox/VBoxManage "$@"'
        self._real = ["unshare", "--mount", "--propagation", "slave", "sh", "-c", script, str(usr)]
        self._run = folder / "run"
        self._qemu = qemu
        self._run.mkdir(exist_ok=True)

    def call(self, arguments: list[str]) -> int:
        """Do it, and return the exit status; may not return at all."""
        verb = arguments[0] if arguments else ""
        self._settle()
        given: dict[str, t.Callable[[list[str]], int]] = {"startvm": self._start, "controlvm": self._control, "showvminfo": self._show, "list": self._list}
        if verb in given:
            return given[verb](arguments)
        self._check_locks(verb, arguments)
        if verb == "storageattach" and (number := self._running_drive(arguments)):
            return self._change_medium(arguments, *number)
        return self._replaced(arguments)

    def _replaced(self, arguments: list[str]) -> t.NoReturn:
        """Be the real one from now on."""
        os.execvp(self._real[0], [*self._real, *arguments])

    def _ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self._real, *arguments], capture_output=True, text=True, check=False)

    def _machine(self, name: str) -> Machine | None:
        done = self._ask("showvminfo", name, "--machinereadable")
        return None if done.returncode else Machine(done.stdout)

    # -- what runs

    def _path(self, uuid: str, kind: str) -> pathlib.Path:
        return self._run / f"{uuid}.{kind}"

    def _pid(self, uuid: str) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            pid = int(self._path(uuid, "pid").read_text())
            if uuid.encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return None

    def _state(self, uuid: str) -> str | None:
        """``running``, ``aborted`` when QEMU did not end by itself, or nothing special."""
        if self._pid(uuid):
            return "running"
        return "aborted" if self._path(uuid, "pid").exists() else None

    def _qmp(self, uuid: str) -> Qmp:
        return Qmp(self._path(uuid, "qmp"))

    # -- verbs

    def _list(self, arguments: list[str]) -> int:
        if arguments[-1] != "runningvms":
            self._replaced(arguments)
        done = self._ask("list", "vms")
        for line in done.stdout.splitlines():
            if (uuid := re.search(r"\{([0-9a-f-]{36})\}$", line)) and self._pid(uuid[1]):
                print(line)
        sys.stderr.write(done.stderr)
        return done.returncode

    def _show(self, arguments: list[str]) -> int:
        done = self._ask(*arguments)
        uuid = re.search(r"^(?:UUID=\"|UUID: +)([0-9a-f-]{36})", done.stdout, re.MULTILINE)
        state = self._state(uuid[1]) if uuid else None
        text = done.stdout
        if state:
            text = re.sub(r'^VMState="[^"]*"', f'VMState="{state}"', text, flags=re.MULTILINE)
            text = re.sub(r"^(State: +)\S.*? \(since", rf"\1{state} (since", text, flags=re.MULTILINE)
            if state == "running":
                text = re.sub(r"^(VMStateChangeTime=.*)$", r'\1\nSessionName="headless"', text, flags=re.MULTILINE)
        sys.stdout.write(text)
        sys.stderr.write(done.stderr)
        return done.returncode

    def _start(self, arguments: list[str]) -> int:
        names = [word for before, word in itertools.pairwise(arguments) if not word.startswith("-") and before not in ("--type", "-type")]
        for name in names:
            machine = self._machine(name)
            if machine is None:
                return subprocess.run([*self._real, "startvm", name], check=False).returncode
            print(f'Waiting for VM "{name}" to power on...', flush=True)
            with open(self._path(machine.uuid, "lock"), "w", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if self._pid(machine.uuid):
                    raise RefusedError(f"The machine '{machine.name}' is already locked by a session (or being locked or unlocked)")
                self._power_on(machine)
            print(f'VM "{name}" has been successfully started.')
        return 0

    def _power_on(self, machine: Machine) -> None:
        self._path(machine.uuid, "pid").unlink(missing_ok=True)
        logs = pathlib.Path(machine.values["LogFldr"])
        logs.mkdir(parents=True, exist_ok=True)
        with open(logs / "VBox.log", "w", encoding="utf-8") as log:
            try:
                argv = command(machine, self._qemu, functools.partial(self._path, machine.uuid), self._layers(machine))
            except (UnsupportedError, OSError, subprocess.CalledProcessError) as error:
                raise RefusedError(f"The virtual machine '{machine.name}' has terminated unexpectedly during startup: {error}", "NS_ERROR_FAILURE") from error
            log.write(" ".join(argv) + "\n")
            log.flush()
            # As from VBoxSVC: nothing of the caller goes along.
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={"PATH": "/usr/bin:/bin"}, cwd="/", check=False)
            if done.returncode:
                reason = (logs / "VBox.log").read_text(encoding="utf-8").splitlines()[-1]
                message = f"The virtual machine '{machine.name}' has terminated unexpectedly during startup with exit code 1 (0x1): {reason}"
                raise RefusedError(message, "NS_ERROR_FAILURE (0x80004005)")
            with self._qmp(machine.uuid) as qmp:
                for number, forwards in machine.forwards().items():
                    for forward in forwards:
                        if qmp.monitor(f"hostfwd_add n{number} {forward.rule}"):
                            # VirtualBox goes on as well, and says so nowhere else.
                            log.write(f"NAT: failed to redirect {forward.protocol.upper()} {forward.host}:{forward.host_port}\n")

    # -- disks that QEMU cannot write

    def _layers(self, machine: Machine) -> dict[str, str]:
        """Files that are used in place of such disks."""
        drives = [drive for drive in machine.drives() if drive.kind == "disk" and differences.is_difference(pathlib.Path(drive.path))]
        layers = {drive.path: str(self._path(machine.uuid, f"{drive.name}.qcow2")) for drive in drives}
        for path, changes in layers.items():
            differences.remove(pathlib.Path(changes))
            differences.layer(list(map(pathlib.Path, self._chain(path))), pathlib.Path(changes))
        self._path(machine.uuid, "layers").write_text(json.dumps(layers), encoding="utf-8")
        return layers

    def _chain(self, medium: str) -> list[str]:
        chain = []
        while medium != "base":
            shown = self._ask("showmediuminfo", "disk", medium).stdout
            ((medium,), (path,)) = (re.findall(rf"^{name}: +(.*)$", shown, re.MULTILINE) for name in ("Parent UUID", "Location"))
            chain.append(path)
        return chain

    def _settle(self) -> None:
        """Put what machines that have ended changed where it belongs."""
        for noted in self._run.glob("*.layers"):
            with open(self._path(noted.stem, "lock"), "w", encoding="utf-8") as lock, contextlib.suppress(BlockingIOError):
                # Held while the machine starts.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._pid(noted.stem) or not noted.exists():
                    continue
                for path, changes in json.loads(noted.read_text(encoding="utf-8")).items():
                    if pathlib.Path(path).exists():
                        differences.put_back(pathlib.Path(path), pathlib.Path(changes))
                    differences.remove(pathlib.Path(changes))
                noted.unlink()

    def _control(self, arguments: list[str]) -> int:
        machine = self._machine(arguments[1]) if len(arguments) > 2 else None
        if machine is None or not self._pid(machine.uuid):
            return subprocess.run([*self._real, *arguments], check=False).returncode
        order, rest = arguments[2], arguments[3:]
        match order:
            case "poweroff":
                self._power_off(machine.uuid)
            case "acpipowerbutton" | "reset" | "pause" | "resume":
                orders = {"acpipowerbutton": "system_powerdown", "reset": "system_reset", "pause": "stop", "resume": "cont"}
                with self._qmp(machine.uuid) as qmp:
                    qmp.order(orders[order])
            case "keyboardputscancode":
                self._type(machine.uuid, rest)
            case "screenshotpng":
                with self._qmp(machine.uuid) as qmp:
                    qmp.order("screendump", filename=os.path.abspath(rest[0]), format="png")
            case order if re.fullmatch(r"natpf[1-8]", order):
                self._forward(machine, int(order[-1]), rest)
            case _:
                raise RefusedError(f"the rig knows no controlvm {order}", "E_NOTIMPL (0x80004001)")
        return 0

    def _power_off(self, uuid: str) -> None:
        pid = self._pid(uuid)
        if pid is None:
            # It turned itself off meanwhile.
            print(PROGRESS)
            return
        ended = os.pidfd_open(pid)
        with self._qmp(uuid) as qmp:
            qmp.order("quit")
        # It is no child, and cannot be waited for.
        select.select([ended], [], [])
        os.close(ended)
        print(PROGRESS)

    def _type(self, uuid: str, codes: list[str]) -> None:
        extended = 0
        with self._qmp(uuid) as qmp:
            for code in (int(text, 16) for text in codes):
                if code == 0xE0:
                    extended = 0x80
                    continue
                key = {"type": "number", "data": code & 0x7F | extended}
                qmp.order("input-send-event", events=[{"type": "key", "data": {"down": code < 0x80, "key": key}}])
                extended = 0
                # The keyboard of QEMU forgets what does not fit into its buffer.
                time.sleep(KEY_PACE)

    def _forward(self, machine: Machine, number: int, rest: list[str]) -> None:
        rules = machine.forwards().get(number, [])
        with self._qmp(machine.uuid) as qmp:
            if rest[0] == "delete":
                for rule in (rule for rule in rules if rule.name == rest[1]):
                    qmp.monitor(f"hostfwd_remove n{number} {rule.protocol}:{rule.host}:{rule.host_port}")
            elif failure := qmp.monitor(f"hostfwd_add n{number} {Forward.read(rest[0]).rule}"):
                raise RefusedError(failure, "NS_ERROR_FAILURE (0x80004005)")
        done = self._ask("modifyvm", machine.uuid, f"--natpf{number}", *rest)
        if done.returncode:
            raise RefusedError(done.stderr.strip().removeprefix("VBoxManage: error: "))

    # -- what is locked

    def _check_locks(self, verb: str, arguments: list[str]) -> None:
        names = [word for word in arguments[1:] if not word.startswith("-")]
        if verb in LOCKED:
            for name in names[:1] if verb != "export" else names:
                machine = self._machine(name)
                if machine and self._pid(machine.uuid):
                    if verb == "unregistervm":
                        raise RefusedError(f"Cannot unregister the machine '{machine.name}' while it is locked")
                    raise RefusedError(f"The machine '{machine.name}' is already locked for a session (or being unlocked)")
        if verb in MEDIUM_VERBS:
            for path in self._used_media():
                if path in arguments:
                    raise RefusedError(f"Medium '{path}' is locked for writing by another task")

    def _used_media(self) -> set[str]:
        """Paths and ids of the disks of machines that run."""
        found = set()
        for pidfile in self._run.glob("*.pid"):
            machine = self._machine(pidfile.stem) if self._pid(pidfile.stem) else None
            for drive in machine.drives() if machine else []:
                if drive.kind == "disk":
                    found |= {drive.path} | {value for key, value in machine.values.items() if "-ImageUUID-" in key}
        return found

    def _running_drive(self, arguments: list[str]) -> tuple[Machine, dict[str, str]] | None:
        """The machine, when it runs, and the options of ``storageattach``."""
        machine = self._machine(arguments[1])
        if machine is None or not self._pid(machine.uuid):
            return None
        return machine, {name.lstrip("-"): value for name, value in zip(arguments[2::2], arguments[3::2], strict=False)}

    def _change_medium(self, arguments: list[str], machine: Machine, options: dict[str, str]) -> int:
        port, device, medium = int(options.get("port", 0)), int(options.get("device", 0)), options.get("medium", "")
        numbers = {machine.values[key]: int(key[len("storagecontrollername") :]) for key in machine.values if key.startswith("storagecontrollername")}
        place = (numbers.get(options.get("storagectl", "")), port, device)
        drive = next((drive for drive in machine.drives() if (drive.bus, drive.port, drive.device) == place), None)
        if drive is None or drive.kind == "disk" or medium == "none":
            raise RefusedError(f"Controller '{options.get('storagectl')}' does not support hot-plugging", "VBOX_E_INVALID_VM_STATE (0x80bb0002)")
        done = self._ask(*arguments)
        if not done.returncode:
            with self._qmp(machine.uuid) as qmp:
                if medium == "emptydrive":
                    qmp.order("eject", id=f"x{drive.name}", force=True)
                else:
                    qmp.order("blockdev-change-medium", id=f"x{drive.name}", filename=medium, format="raw", force=True)
        sys.stdout.write(done.stdout)
        sys.stderr.write(done.stderr)
        return done.returncode


def main(usr: str, folder: str, qemu: str) -> int:
    """The program."""
    try:
        return Wrapper(pathlib.Path(usr), pathlib.Path(folder), qemu).call(sys.argv[1:])
    except (RefusedError, QmpError) as error:
        code = error.code if isinstance(error, RefusedError) else "NS_ERROR_FAILURE (0x80004005)"
        sys.stderr.write(f"VBoxManage: error: {error}\nVBoxManage: error: Details: code {code}, component MachineWrap, interface IMachine\n")
        return 1

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs VBoxManage: its environment, its patience with VBoxSVC, its errors and its output."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import typing as t

from ..._lifecycle.errors import BuilderError, CommandError, MissingDependencyError
from ..._lifecycle.operation import Context
from ..._lifecycle.process import run_command, tail
from ..._lifecycle.waiting import Waiter
from .parsing import blocks, machine_readable
from .service import end_own_service

Options = t.Mapping[str, t.Any]

#: Calls stall for 10 s now and then, with success.
_SHORTEST_TIMEOUT = 30.0
_SOCKET_DIGITS = 12
_UNREADABLE = "<inaccessible!>"
_CODE = re.compile(r"code (\w+) \((0x[0-9a-f]+)\)")
_ERROR_LINE = re.compile(r"^VBoxManage(?:\.exe)?: error: *(\S.*)$", re.MULTILINE)
#: Nothing was asked yet, so asking again is harmless: VBoxSVC was starting, or about to end.
_NOT_REACHED = ("Failed to create the VirtualBox object", "Failed to create a session object", "Failed to initialize COM")
#: Of a machine that is being registered or unregistered just now; whoever only asks can ask again.
_UNREADY = "The object is not ready"
_QUESTIONS = ("list", "showvminfo", "getextradata")
#: Another call has the machine or medium for a moment; the state of what is locked did not change.
_LOCKED = (
    "is already locked",
    "already has a lock request pending",
    "being locked or unlocked",
    "is not locked for",
    "because it is locked",
    "cannot be locked",
    "is locked for reading by another task",
    "is locked for writing by another task",
    # Whoever only looks at a machine locks it too, and then it passes for one that runs.
    "No drive attached to device slot",
)
#: VBoxManage itself does not survive the loss in every case.
_CRASHED = "!!Assertion Failed!!"
_SERVICE_LOST = ("NS_ERROR_CALL_FAILED", "NS_ERROR_ABORT", "NS_ERROR_NOT_INITIALIZED", "0x800706be", "RPC_E_DISCONNECTED", "0x80010108", _CRASHED)
_MISSING = ("Could not find a registered machine", "VBOX_E_OBJECT_NOT_FOUND", "Could not find file for the medium")
_RETRIES = Waiter("VirtualBox", timeout=45.0, interval=0.3, growth=1.6, longest=5.0)


class VBoxError(BuilderError):
    """VBoxManage failed.

    :ivar code: VirtualBox's word, such as ``VBOX_E_FILE_ERROR``; empty when it said none.
    :ivar text: all that it wrote on standard error.
    """

    def __init__(self, message: str, *, text: str = "", hint: str | None = None, resource: str | None = None) -> None:
        super().__init__(message, hint=hint, resource=resource)
        found = _CODE.search(text)
        self.code = found[1] if found else ""
        self.text = text


class MissingMachineError(VBoxError):
    """There is no such machine or medium."""


class LockedError(VBoxError):
    """Something else uses the machine or the medium, and went on doing so."""


class ServiceLostError(VBoxError):
    """VBoxSVC ended while it was asked."""


@dataclasses.dataclass(frozen=True)
class VBoxManage:
    """VirtualBox of one user.

    :ivar path: the program.
    :ivar user_home: folder of VirtualBox's settings, ``None`` for the user's.
    :ivar socket_id: of an own VBoxSVC, ``None`` for the user's.
    :ivar timeout: seconds for an ordinary call.
    :ivar copy_timeout: seconds for one that copies disks.
    """

    path: str
    user_home: str | None = None
    socket_id: str | None = None
    timeout: float = 60.0
    copy_timeout: float = 3600.0

    @classmethod
    def of(cls, params: Options, context: Context, guest: str | None = None) -> VBoxManage:
        """The one that options describe.

        :param params: with ``HOST_SPEC``, and ``directory`` where a module has it.
        :param guest: whose VirtualBox it is, for ``isolated``.
        :raises BuilderError: when there is none.
        """
        home, socket_id = params.get("user_home"), None
        if params.get("isolated"):
            home, socket_id = isolated_home(params, context, guest)
        timeout = max(float(params.get("command_timeout") or 0), _SHORTEST_TIMEOUT)
        return cls(_program(str(params.get("vboxmanage_path") or "VBoxManage")), home, socket_id, timeout, float(params.get("copy_timeout") or 3600.0))

    @classmethod
    def of_details(cls, details: Options, options: Options) -> VBoxManage:
        """The one that :meth:`details` described, for discarding from another process."""
        known = dict(details.get("virtualbox") or {})
        path = str(known.get("path") or options.get("vboxmanage_path") or "VBoxManage")
        home = known["user_home"] if "user_home" in known else options.get("user_home")
        return cls(_program(path), home, known.get("socket_id"))

    @property
    def details(self) -> dict[str, t.Any]:
        """What a journal needs to find it again."""
        return {"path": self.path, "user_home": self.user_home, "socket_id": self.socket_id}

    @property
    def is_isolated(self) -> bool:
        """Whether it is the build's own."""
        return self.socket_id is not None

    @property
    def is_there(self) -> bool:
        """Whether there is anybody to ask: an own VirtualBox begins with its guest, and asking would make it."""
        return self.socket_id is None or pathlib.Path(str(self.user_home)).is_dir()

    def run(self, *args: str, timeout: float | None = None, hint: str | None = None, what: str | None = None) -> str:
        """What a call wrote on standard output.

        A call that did not reach VBoxSVC, or met a lock, is made again for a while.

        :param args: never a secret.
        :param timeout: seconds, ``self.timeout`` when not given.
        :param what: what the call is for, for messages: ``import the appliance /x.ova``.
        :raises VBoxError: or one of its kinds.
        """
        failure = VBoxError("VBoxManage was not called")
        for _elapsed in _RETRIES.ticks():
            try:
                return self._once(args, timeout or self.timeout, hint, what)
            except VBoxError as error:
                if not _is_passing(error, args[0]):
                    raise
                failure = error
        raise failure

    def once(self, *args: str) -> str:
        """As :meth:`run`, for calls that may well be refused and are not made again."""
        return self._once(args, self.timeout, None, None)

    def long(self, *args: str, hint: str | None = None, what: str | None = None) -> str:
        """As :meth:`run`, for calls that copy disks."""
        return self.run(*args, timeout=self.copy_timeout, hint=hint, what=what)

    def _once(self, args: tuple[str, ...], timeout: float, hint: str | None, what: str | None) -> str:
        # VBoxSVC, which a first call starts, keeps the folder it is called from; on SIGINT what it copies for a call is given up.
        try:
            return run_command([self.path, *args], env=self._environment, timeout=timeout, cwd="/", stop_signal=signal.SIGINT).stdout
        except CommandError as error:
            raise _error_of(error, args, timeout, hint, what) from error

    @property
    def _environment(self) -> dict[str, str]:
        # VBoxSVC serves others too, so it must not pass for a command that this build left running.
        known = {"LC_ALL": "C.UTF-8", "LANGUAGE": "C", "GOLDEN_RUN_ID": ""}
        if self.user_home:
            known["VBOX_USER_HOME"] = self.user_home
        if self.socket_id:
            known["VBOX_IPC_SOCKETID"] = self.socket_id
        return known

    def version(self) -> tuple[int, ...]:
        """Such as ``(7, 2, 22)``.

        :raises VBoxError: when nobody can tell.
        """
        text = self.run("--version")
        # A missing driver is warned of on standard output, before it.
        found = re.findall(r"^(\d+)\.(\d+)\.(\d+)", text, re.MULTILINE)
        if not found:
            raise VBoxError(f"{self.path} does not tell its version: {tail(text, 2)}", text=text)
        return tuple(int(number) for number in found[-1])

    def info(self, machine: str) -> dict[str, str]:
        """Settings and state of a machine as ``showvminfo --machinereadable`` has them.

        :raises MissingMachineError: when there is no such machine.
        """
        return machine_readable(self.run("showvminfo", machine, "--machinereadable"))

    def find(self, machine: str) -> dict[str, str] | None:
        """As :meth:`info`; ``None`` for no such machine."""
        if not self.is_there:
            return None
        try:
            return self.info(machine)
        except MissingMachineError:
            return None

    def state(self, machine: str) -> str:
        """``running``, ``poweroff``, ``aborted``, ``saved``, ``gurumeditation`` …, ``absent`` for no such machine."""
        found = self.find(machine)
        return found.get("VMState", "") if found is not None else "absent"

    def machines(self) -> dict[str, str]:
        """Names to UUIDs of all registered machines that can be read."""
        return {name: uuid for name, uuid in self._listed() if name}

    def unreadable(self) -> dict[str, str]:
        """UUIDs to files of settings, of registered machines whose settings are gone or damaged."""
        if all(name for name, _uuid in self._listed()):
            return {}
        listed = blocks(self.run("list", "--long", "vms"), "Name")
        return {block["UUID"]: block.get("Config file", "") for block in listed if block["Name"] == _UNREADABLE}

    def _listed(self) -> list[tuple[str, str]]:
        """Without a name where VirtualBox cannot read it."""
        listed = re.findall(r'^(?:"(.*)"|<inaccessible>) \{([0-9a-f-]{36})\}$', self.run("list", "vms"), re.MULTILINE)
        return [("" if name == "<inaccessible>" else name, uuid) for name, uuid in listed]

    def media(self, kind: str) -> list[dict[str, str]]:
        """Registered media: ``UUID``, ``Parent UUID``, ``Location``, ``State`` …

        :param kind: ``hdds``, ``dvds`` or ``floppies``.
        """
        return blocks(self.run("list", kind), "UUID")

    def os_types(self) -> set[str]:
        """Ids of guest operating systems."""
        found = re.findall(r"^ID(?: / Description)?: +(\S+)", self.run("list", "ostypes"), re.MULTILINE)
        return set(found)

    def extradata(self, machine: str) -> dict[str, str]:
        """All that :func:`setextradata` wrote."""
        return dict(re.findall(r"^Key: (.*?), Value: (.*)$", self.run("getextradata", machine, "enumerate"), re.MULTILINE))

    def end_service(self) -> None:
        """End an own VBoxSVC now instead of seconds later; the user's stays."""
        if self.socket_id is not None:
            end_own_service(self.socket_id)


def isolated_home(params: Options, context: Context, guest: str | None) -> tuple[str, str]:
    """Folder and socket of a guest's own VirtualBox.

    :raises BuilderError: when it is not clear where it goes.
    """
    folder = context.build.get("run_dir") or params.get("directory") or params.get("machine_folder")
    if not folder or not guest:
        raise BuilderError("isolated needs to know where the guest's own VirtualBox goes", hint="Give machine_folder, or user_home in place of isolated.")
    home = pathlib.Path(str(folder)).absolute() / f"{guest}.virtualbox"
    return str(home), "golden" + hashlib.sha256(str(home).encode()).hexdigest()[:_SOCKET_DIGITS]


def _program(path: str) -> str:
    found = shutil.which(path)
    if found is None:
        raise MissingDependencyError(f"the program {path} is not installed", hint="Install VirtualBox, or say where it is with vboxmanage_path.")
    return os.path.abspath(found)


def _is_passing(error: VBoxError, verb: str) -> bool:
    words = (*_NOT_REACHED, _UNREADY) if verb in _QUESTIONS else _NOT_REACHED
    return isinstance(error, LockedError) or any(text in error.text for text in words)


def _error_of(error: CommandError, args: tuple[str, ...], timeout: float, hint: str | None, what: str | None) -> VBoxError:
    text = error.stderr or error.stdout
    shown = what or " ".join(args[:2])
    hangs = isinstance(error.__cause__, subprocess.TimeoutExpired)
    reason = f"it did not answer within {timeout:g} s" if hangs else _reason(text) or _ending(error.returncode)
    message = f"VirtualBox could not {shown}: {reason}" if what else f"VBoxManage {shown} failed: {reason}"
    if hangs:
        return VBoxError(message, hint=hint or "VirtualBox may be overloaded; raise command_timeout, or copy_timeout for calls that copy disks.")
    if any(words in text for words in _SERVICE_LOST):
        lost = "VBoxSVC, the service of VirtualBox, ended or was ended meanwhile"
        return ServiceLostError(f"{message} ({lost})", text=text, hint=hint or "See its log VBoxSVC.log in the folder of VirtualBox's settings, and run again.")
    kinds = ((MissingMachineError, _MISSING), (LockedError, _LOCKED))
    kind = next((kind for kind, words in kinds if any(word in text for word in words)), VBoxError)
    if kind is LockedError:
        hint = hint or "Close the window or the other program that uses it, and run again."
    return kind(message, text=text, hint=hint)


def _ending(returncode: int) -> str:
    return f"it was ended by signal {-returncode}" if returncode < 0 else f"exit status {returncode}"


def _reason(text: str) -> str:
    """Of many lines those that tell: details and contexts are for developers, and the usage is long."""
    if _CRASHED in text:
        return "it crashed"
    told = [line.strip() for line in _ERROR_LINE.findall(text) if not line.startswith(("Details:", "Context:"))]
    return "; ".join(dict.fromkeys(told)) or tail(text, 2)

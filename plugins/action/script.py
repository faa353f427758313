# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a script in the guest, which needs a shell and nothing else."""

from __future__ import annotations

import pathlib
import shlex
import typing as t

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter
from ansible_collections.golden.images.plugins.plugin_utils._provisioning import (
    ProvisionerAction,
    exports,
    golden_environment,
    interpreter_of,
    judged,
    script_text,
)

_COMMAND = "{environment}{interpreter} {path} {args}"
_PLACEHOLDERS = ("environment", "interpreter", "path", "args")

_LOST_STATUS = frozenset({255, 137, 143})
_BOOT = "cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo unknown"
_SHUTDOWN_GRACE = 10.0


class ActionModule(ProvisionerAction):
    """``golden.images.script``."""

    _requires_connection = True
    _gone = False

    argument_spec = {
        "path": {"type": "str"},
        "inline": {"type": "raw"},
        "interpreter": {"type": "str"},
        "args": {"type": "list", "elements": "str", "default": []},
        "valid_exit_codes": {"type": "list", "elements": "int", "default": [0]},
        "expect_disconnect": {"type": "bool", "default": False},
        "reconnect_timeout": {"type": "int", "default": 300},
        "execute_command": {"type": "str"},
        "chdir": {"type": "str"},
        "creates": {"type": "str"},
        "binary": {"type": "bool", "default": False},
    }
    constraints = {"mutually_exclusive": [("path", "inline")], "required_one_of": [("path", "inline")]}

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Run it, unless what it creates is there."""
        arguments = self.arguments()
        if getattr(self._connection._shell, "_IS_WINDOWS", False):
            raise GoldenError("the guest is a Windows machine, which has no POSIX shell", hint="Use tasks with ansible.windows.win_shell.")
        if arguments["creates"] and self._remote(f"test -e {shlex.quote(arguments['creates'])}")["rc"] == 0:
            return {"changed": False, "msg": f"{arguments['creates']} exists"}
        name, content = self._content(arguments)
        if self._task.check_mode:
            return {"changed": True, "msg": "would run"}
        environment = {**golden_environment(self.context(task_vars).build), **self.task_environment()}
        return self._run_script(arguments, name, content, environment, task_vars)

    def cleanup(self, force: bool = False) -> None:
        """Remove what was uploaded; a guest that is gone has nothing, and asking it would hide the reason of the failure."""
        if not self._gone:
            super().cleanup(force)

    def _content(self, arguments: dict[str, t.Any]) -> tuple[str, bytes]:
        if arguments["inline"] is not None:
            return "script.sh", script_text(arguments["inline"]).encode()
        path = pathlib.Path(self._find_needle("files", arguments["path"]))
        content = pathlib.Path(self._loader.get_real_file(str(path))).read_bytes()
        if not arguments["binary"] and b"\0" not in content:
            # What was written on Windows would look for the program "sh\r".
            content = content.replace(b"\r\n", b"\n")
        return path.name, content

    def _run_script(self, arguments: dict[str, t.Any], name: str, content: bytes, environment: dict[str, str], task_vars: dict[str, t.Any]) -> Result:
        folder = self._connection._shell.tmpdir or self._make_tmp_path()
        path = self._upload(folder, name, content)
        interpreter = arguments["interpreter"] or interpreter_of(content, "/bin/sh -e" if arguments["inline"] is not None else "/bin/sh")
        # In a file, for the environment may hold secrets and arguments are public.
        variables = self._upload(folder, "environment", exports(environment).encode()) if environment else None
        uploaded = [folder, path, *([variables] if variables else [])]
        self._fixup_perms2(uploaded, execute=not interpreter or bool(arguments["execute_command"]))
        values = {
            "environment": f". {shlex.quote(variables)} && " if variables else "",
            "interpreter": interpreter,
            "path": shlex.quote(path),
            "args": " ".join(shlex.quote(argument) for argument in arguments["args"]),
        }
        command = arguments["execute_command"] or _COMMAND
        for placeholder in _PLACEHOLDERS:
            command = command.replace("{" + placeholder + "}", values[placeholder])
        if arguments["expect_disconnect"]:
            can_reboot = bool(self._templar.template(task_vars.get("golden_guest_can_reboot", True)))
            return self._run_and_reconnect(command, arguments, can_reboot)
        return self._result(self._remote(command, arguments["chdir"]), arguments)

    def _upload(self, folder: str, name: str, content: bytes) -> str:
        path = self._connection._shell.join_path(folder, name)
        self._transfer_data(path, content)
        return str(path)

    def _remote(self, command: str, chdir: str | None = None, sudoable: bool = True) -> dict[str, t.Any]:
        return t.cast(dict[str, t.Any], self._low_level_execute_command(command.rstrip(), sudoable=sudoable, chdir=chdir))

    @staticmethod
    def _result(ran: dict[str, t.Any], arguments: dict[str, t.Any]) -> Result:
        return judged(ran["rc"], ran["stdout"], ran["stderr"], arguments["valid_exit_codes"])

    def _run_and_reconnect(self, command: str, arguments: dict[str, t.Any], can_reboot: bool) -> Result:
        before = self._boot()
        ran: dict[str, t.Any] | None
        try:
            ran = self._remote(command, arguments["chdir"])
        except AnsibleConnectionFailure:
            ran = None
        if ran is not None and ran["rc"] not in _LOST_STATUS:
            result = self._result(ran, arguments)
            if result.get("failed") or not can_reboot or not self._goes_down(before):
                return result
        else:
            result = judged(0, ran["stdout"] if ran else "", ran["stderr"] if ran else "", [0])
        waiter = Waiter("the guest to answer again", float(arguments["reconnect_timeout"]))
        self._gone = True
        waiter.until(
            self._boot_or_nothing, hint="The script ended the connection and expect_disconnect is set; reconnect_timeout says how many seconds to wait."
        )
        self._gone = False
        return {**result, "disconnected": True}

    def _goes_down(self, before: str) -> bool:
        """Whether the guest restarts now: ``reboot`` returns before the guest goes."""
        for _elapsed in Waiter("the guest to go down", _SHUTDOWN_GRACE, interval=0.5, growth=1.0).ticks():
            now = self._boot_or_nothing()
            if now is None or now != before:
                return True
        return False

    def _boot(self) -> str:
        return str(self._remote(_BOOT, sudoable=False)["stdout"]).strip()

    def _boot_or_nothing(self) -> str | None:
        try:
            if type(self._connection).reset is not ConnectionBase.reset:
                self._connection.reset()
            ran = self._remote(_BOOT, sudoable=False)
        except AnsibleConnectionFailure:
            return None
        return str(ran["stdout"]).strip() if ran["rc"] == 0 else None

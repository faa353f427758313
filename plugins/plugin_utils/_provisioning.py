# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions behind provisioners share."""

from __future__ import annotations

import os
import re
import shlex
import typing as t

from ansible import constants as C
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.process import tail
from ansible_collections.golden.images.plugins.plugin_utils._action import ControllerAction

_CORE_WORDS = re.compile(r"^(Task failed: )?((Action|Module) failed: )?")
_SAYS_NOTHING = re.compile(r"non-zero return code|MODULE FAILURE|deserialization failed")
# What ssh adds to the output of every command on a terminal.
_FAREWELL = re.compile(r"(?m)^(Shared connection|Connection) to \S+ closed\.\r?\n?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def golden_environment(build: t.Mapping[str, t.Any]) -> dict[str, str]:
    """What scripts know of the build that they run in; empty outside a build."""
    if not build:
        return {}
    source = build.get("source") or {}
    return {
        "GOLDEN_IMAGE": str(build["image"]),
        "GOLDEN_BUILDER": str(build["builder"]),
        "GOLDEN_TYPE": str(build["type"]),
        "GOLDEN_VERSION": str(build["version"]),
        "GOLDEN_RUN_ID": str(build["run_id"]),
        "GOLDEN_BUILD": str(build["name"]),
        "GOLDEN_SOURCE": str(source.get("description") or source.get("id") or ""),
        "GOLDEN_OUTPUT_DIR": str(build["output_dir"]),
        "PACKER_BUILD_NAME": str(build["builder"]),
        "PACKER_BUILDER_TYPE": str(build["type"]),
    }


def exports(environment: t.Mapping[str, t.Any]) -> str:
    """Shell lines that set the environment.

    :raises GoldenError: for a name that no shell takes.
    """
    wrong = next((name for name in environment if not _VARIABLE.match(str(name))), None)
    if wrong is not None:
        raise GoldenError(f"{wrong!r} cannot be the name of an environment variable", hint="Use letters, digits and _ in the provisioner's environment.")
    return "".join(f"export {name}={shlex.quote(str(value))}\n" for name, value in environment.items())


def script_text(inline: t.Any) -> str:
    """A script from lines or text.

    :raises GoldenError: when it is neither.
    """
    if isinstance(inline, (list, tuple)):
        return "".join(f"{line}\n" for line in inline)
    if isinstance(inline, str):
        return inline if inline.endswith("\n") else inline + "\n"
    raise GoldenError(f"expected text or a list of lines, got {type(inline).__name__}")


def interpreter_of(content: bytes, default: str) -> str:
    """The command that runs a script, from its first line; empty for a program."""
    if content.startswith(b"\x7fELF"):
        return ""
    if content.startswith(b"#!"):
        return content.split(b"\n", 1)[0][2:].decode(errors="replace").strip()
    return default


def judged(rc: int, stdout: str, stderr: str, valid: t.Collection[int]) -> dict[str, t.Any]:
    """A task's result for the exit status of a command."""
    stderr = _FAREWELL.sub("", stderr)
    result: dict[str, t.Any] = {
        "changed": True,
        # Said, for Ansible takes any status but 0 for a failure otherwise.
        "failed": rc not in valid,
        "rc": rc,
        "stdout": stdout,
        "stderr": stderr,
        "stdout_lines": stdout.splitlines(),
        "stderr_lines": stderr.splitlines(),
    }
    if result["failed"]:
        result.update(msg=f"exit status {rc}, valid are {sorted(valid)}: {tail(stderr) or tail(stdout) or 'it wrote nothing'}")
    return result


def explained(result: t.Mapping[str, t.Any]) -> str:
    """The reason in a failed task's result, with what the program wrote where the message alone says nothing."""
    items = result.get("results")
    broken = next((item for item in items if isinstance(item, dict) and item.get("failed")), None) if isinstance(items, list) else None
    if broken is not None:
        return explained(broken)
    message = _CORE_WORDS.sub("", str(result.get("msg") or result.get("censored") or "").strip())
    if not message or _SAYS_NOTHING.search(message):
        written = tail(str(result.get("stderr") or result.get("module_stderr") or result.get("stdout") or ""))
        message = ": ".join(part for part in (message.rstrip("."), written) if part)
    return message or "it gave no reason"


class ProvisionerAction(ControllerAction):
    """Base of the actions that provisioners are compiled to."""

    argument_spec: t.ClassVar[dict[str, t.Any]] = {}
    constraints: t.ClassVar[dict[str, t.Any]] = {}

    def arguments(self) -> dict[str, t.Any]:
        """The task's arguments, validated, defaults filled in.

        :raises GoldenError: for wrong ones.
        """
        checked = ArgumentSpecValidator(self.argument_spec, **self.constraints).validate(dict(self._task.args))
        if checked.error_messages:
            raise GoldenError("; ".join(checked.error_messages))
        return dict(checked.validated_parameters)

    def task_environment(self) -> dict[str, str]:
        """The ``environment`` of the task and of the blocks around it, rendered."""
        environment: dict[str, t.Any] = {}
        self._compute_environment_string(environment)
        return {str(name): str(value) for name, value in environment.items()}

    @staticmethod
    def private_folder(build: t.Mapping[str, t.Any]) -> str:
        """Where temporary files of this task go: the build's own folder, else Ansible's."""
        folder = build.get("run_dir")
        return str(folder) if folder and os.path.isdir(folder) else str(C.DEFAULT_LOCAL_TMP)

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ansible-playbook started from a task is given, and what its output says."""

from __future__ import annotations

import json
import os
import pathlib
import re
import typing as t

import yaml
from ansible import constants as C, context
from ansible.parsing.yaml.dumper import AnsibleDumper

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.plugin_utils._provisioning import explained

_SAFE_FLAG = re.compile(r"(-v{1,6}|-D|--diff|--force-handlers|--flush-cache|--become|-b)\Z")
_SAFE_OPTION = re.compile(r"(-f|--forks|-T|--timeout|--start-at-task|--become-user|--become-method)(=.*)?\Z", re.DOTALL)
_TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(?P<name>.*)\] \**\Z")
_FATAL = re.compile(r"^(?:fatal|failed): \[(?P<host>[^\]]*?)(?: -> [^\]]*)?\]: (?:FAILED|UNREACHABLE)!(?: => | )?(?P<result>.*)\Z")
_RECAP = "PLAY RECAP"


class _Plain(yaml.SafeDumper):
    """Writes text with Jinja in it as data, so that it is not rendered a second time."""

    def ignore_aliases(self, data: t.Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("!unsafe" if "{" in value else "tag:yaml.org,2002:str", value)


_Plain.add_representer(str, _text)


def plain_yaml(data: t.Any) -> str:
    """Rendered data as YAML that Ansible takes literally."""
    # JSON takes Ansible's tagged types for what they are based on.
    return str(yaml.dump(json.loads(json.dumps(data, default=str)), Dumper=_Plain, default_flow_style=False, allow_unicode=True))


def template_yaml(data: t.Any) -> str:
    """Variables as a user wrote them, Jinja and vaulted values included."""
    return str(yaml.dump(data, Dumper=AnsibleDumper, default_flow_style=False, allow_unicode=True))


def write_private(path: pathlib.Path, text: str) -> str:
    """A file that only its owner reads."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return str(path)


def refuse_unsafe(arguments: list[str]) -> None:
    """Let through what neither changes the guest that is configured nor puts a secret into an argument.

    :raises GoldenError: for the others.
    """
    expects_value = False
    for argument in arguments:
        if expects_value:
            expects_value = False
        elif _SAFE_OPTION.match(argument):
            expects_value = "=" not in argument
        elif not _SAFE_FLAG.match(argument):
            raise GoldenError(
                f"{argument} is not allowed in extra_arguments",
                hint="Allowed are -v, --diff, --forks, --timeout, --force-handlers, --flush-cache, --start-at-task and --become…; "
                "variables belong into extra_vars, tags into tags and skip_tags.",
            )


def inventory_arguments() -> list[str]:
    """The inventory of this run."""
    sources = context.CLIARGS.get("inventory") or C.DEFAULT_HOST_LIST or ()
    return [part for source in ([sources] if isinstance(sources, str) else sources) for part in ("--inventory", str(source))]


def vault_arguments(secrets: t.Sequence[tuple[str, t.Any]], folder: pathlib.Path) -> list[str]:
    """Vault passwords of this run: by their own files, or by private ones when they were typed in."""
    ids = [str(item) for item in context.CLIARGS.get("vault_ids") or ()]
    files = [str(item) for item in context.CLIARGS.get("vault_password_files") or ()]
    typed = bool(context.CLIARGS.get("ask_vault_pass")) or any(item.rpartition("@")[2].startswith("prompt") for item in ids)
    if not typed:
        return [part for option, values in (("--vault-id", ids), ("--vault-password-file", files)) for value in values for part in (option, value)]
    paths = (
        (name, write_private(folder / f"vault-{number}", bytes(secret.bytes).decode("utf-8", "surrogateescape")))
        for number, (name, secret) in enumerate(secrets)
    )
    return [part for name, path in paths for part in ("--vault-id", f"{name}@{path}")]


def child_environment(roles: t.Sequence[str]) -> dict[str, str]:
    """Settings by which the child differs: plain output that can be read by a program."""
    settings = {
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
        "ANSIBLE_ROLES_PATH": os.pathsep.join([*roles, *C.DEFAULT_ROLES_PATH]),
        "PYTHONUNBUFFERED": "1",
    }
    if C.CONFIG_FILE:
        settings["ANSIBLE_CONFIG"] = str(C.CONFIG_FILE)
    return settings


def reached(output: str, host: str) -> bool:
    """Whether any play was for the host, by the recap."""
    recap = output.rpartition(_RECAP)[2] if _RECAP in output else ""
    return any(line.split(":")[0].strip() == host for line in recap.splitlines())


def failure_of(output: str) -> str | None:
    """The last failing task and its message; ``None`` when no task failed."""
    task, found = "", None
    for line in output.splitlines():
        begun = _TASK.match(line)
        if begun:
            task = begun["name"]
        failed = _FATAL.match(line)
        if failed:
            found = f"the task '{task}' failed: {_message(failed['result'])}"
    return found


def _message(text: str) -> str:
    try:
        result = json.loads(text)
    except ValueError:
        return text or "it gave no reason"
    return explained(result)

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
from ansible.parsing.vault import VaultHelper
from ansible.parsing.yaml.dumper import AnsibleDumper
from ansible.template import is_trusted_as_template

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.plugin_utils._provisioning import explained

_SAFE_FLAG = re.compile(r"(-v{1,6}|-D|--diff|--force-handlers|--flush-cache|--become|-b)\Z")
_SAFE_OPTION = re.compile(r"(-f|--forks|-T|--timeout|--start-at-task|--become-user|--become-method)(=.*)?\Z", re.DOTALL)
_TASK = re.compile(r"^(?:TASK|RUNNING HANDLER) \[(?P<name>.*)\] \**\Z")
_FATAL = re.compile(r"^(?:fatal|failed): \[(?P<host>[^\]]*?)(?: -> [^\]]*)?\]: (?:FAILED|UNREACHABLE)!(?: => | )?(?P<result>.*)\Z")
_RECAP = "PLAY RECAP"
_TEXT = "tag:yaml.org,2002:str"


class _Plain(yaml.SafeDumper):
    """Writes text with Jinja in it as data, so that it is not rendered a second time."""

    def ignore_aliases(self, data: t.Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("!unsafe" if "{" in value else _TEXT, value)


_Plain.add_representer(str, _text)


def plain_yaml(data: t.Any) -> str:
    """Rendered data as YAML that Ansible takes literally."""
    # JSON takes Ansible's tagged types for what they are based on.
    return str(yaml.dump(json.loads(json.dumps(data, default=str)), Dumper=_Plain, default_flow_style=False, allow_unicode=True))


class _Literal(str):
    """Text that Ansible must neither render nor evaluate."""


def _literal(dumper: yaml.SafeDumper, value: _Literal) -> yaml.Node:
    text = str(value)
    # Ansible makes a number of !unsafe "5", even quoted; what looks like one is neither a template nor can it do anything as a condition.
    harmless = dumper.resolve(yaml.ScalarNode, text, (True, False)) != _TEXT
    return dumper.represent_scalar(_TEXT if harmless else "!unsafe", text)


def _dumper(*args: t.Any, **kwargs: t.Any) -> t.Any:
    """Ansible's, without anchors: people read these files when they look into a failure."""
    dumper = AnsibleDumper(*args, **kwargs)
    dumper.ignore_aliases = lambda data: True
    dumper.yaml_representers = {**dumper.yaml_representers, _Literal: _literal}
    return dumper


def _marked(value: t.Any, with_own: bool) -> t.Any:
    """The values with all text marked that is not trusted: what Ansible's dumper writes is trusted when it is read again.

    Text without braces too: untrusted, it cannot be a condition either.
    """
    if isinstance(value, dict):
        return {key: _marked(item, with_own) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(item, with_own) for item in value]
    if not isinstance(value, str) or is_trusted_as_template(value) or VaultHelper.get_ciphertext(value, with_tags=False) is not None:
        return value
    # Text that Ansible read is tagged with its origin; the plain kind was put together by this collection.
    return value if with_own and value.__class__ is str else _Literal(value)


def template_yaml(data: t.Any, *, with_own: bool = False, **layout: t.Any) -> str:
    """Data as a user wrote it: Jinja and vaulted values included, ``!unsafe`` text still unsafe.

    :param with_own: whether text of this collection, which carries no tags, is among it and may be a template.
    """
    return str(yaml.dump(_marked(data, with_own), Dumper=_dumper, default_flow_style=False, allow_unicode=True, **layout))


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
    ids = _vault_ids()
    files = [str(item) for item in context.CLIARGS.get("vault_password_files") or ()]
    if not _vault_typed():
        return [part for option, values in (("--vault-id", ids), ("--vault-password-file", files)) for value in values for part in (option, value)]
    paths = (
        (name, write_private(folder / f"vault-{number}", bytes(secret.bytes).decode("utf-8", "surrogateescape")))
        for number, (name, secret) in enumerate(secrets)
    )
    return [part for name, path in paths for part in ("--vault-id", f"{name}@{path}")]


def vault_environment(arguments: t.Sequence[str]) -> dict[str, str]:
    """Settings that keep a child, which has no terminal, from asking again for what was typed in.

    :param arguments: of :func:`vault_arguments`.
    """
    if not _vault_typed():
        return {}
    # Never empty: Ansible would take that for a list of one file without a name.
    own = {"ANSIBLE_VAULT_IDENTITY_LIST": arguments[1]} if C.DEFAULT_VAULT_IDENTITY_LIST and arguments else {}
    return {"ANSIBLE_ASK_VAULT_PASS": "0", **own}


def _vault_ids() -> list[str]:
    return [str(item) for item in context.CLIARGS.get("vault_ids") or ()]


def _vault_typed() -> bool:
    """Whether a vault password of this run was asked for, by an argument or by the configuration."""
    ids = [*_vault_ids(), *(str(item) for item in C.DEFAULT_VAULT_IDENTITY_LIST or ())]
    return bool(context.CLIARGS.get("ask_vault_pass")) or any(item.rpartition("@")[2].startswith("prompt") for item in ids)


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

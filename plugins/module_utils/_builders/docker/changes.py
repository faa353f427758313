# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image's configuration as Dockerfile instructions, the only form a commit takes it in."""

from __future__ import annotations

import json
import re
import typing as t

from ..._lifecycle.errors import BuilderError

ALLOWED = ("CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR")
#: What a source without any command of its own runs: an imported root file system.
DEFAULT_COMMAND = ["/bin/sh"]

Config = t.Mapping[str, t.Any]
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._/-]+\Z")


def instruction(change: str) -> str:
    """The instruction's word, upper case."""
    return change.strip().partition(" ")[0].upper()


def check_changes(changes: t.Iterable[str]) -> None:
    """:raises BuilderError: for the first change that a commit does not allow."""
    for change in changes:
        if instruction(change) not in ALLOWED:
            raise BuilderError(f"{change!r} cannot be applied to a captured image", hint=f"A change is one of {', '.join(ALLOWED)}")
        if "\n" in change.replace("\\\n", ""):
            raise BuilderError(f"{change!r} is more than one instruction", hint="Give each change as an entry of its own")
        if not change.strip().partition(" ")[2].strip():
            raise BuilderError(f"{change!r} has no value")


def without_stop_signal(changes: t.Iterable[str]) -> tuple[list[str], str | None]:
    """Changes for the daemon, and the stop signal among them: the one setting that a commit takes in another form only."""
    kept: list[str] = []
    signal = None
    for change in changes:
        if instruction(change) == "STOPSIGNAL":
            signal = change.strip().partition(" ")[2].strip()
        else:
            kept.append(change)
    return kept, signal


def labels_to_changes(labels: t.Mapping[str, str]) -> list[str]:
    """A ``LABEL`` for each, the only form that Podman reads too."""
    return [f"LABEL {name if _PLAIN_NAME.match(name) else _quoted(name)}={_quoted(str(value))}" for name, value in sorted(labels.items())]


def restored_process(source: Config, user: str, user_changes: t.Sequence[str]) -> list[str]:
    """Give the image the process of its source again, in place of what kept the guest alive.

    :param user: what the guest ran as.

    What ``user_changes`` set is left to them. As in a Dockerfile, a new entrypoint makes the source's command void.
    """
    set_by_user = {instruction(change) for change in user_changes}
    entrypoint, command = source.get("Entrypoint") or [], source.get("Cmd") or []
    changes = []
    if entrypoint and "ENTRYPOINT" not in set_by_user:
        changes.append(f"ENTRYPOINT {json.dumps(entrypoint)}")
    if not set_by_user & {"CMD", "ENTRYPOINT"}:
        if command:
            changes.append(f"CMD {json.dumps(command)}")
        elif not entrypoint:
            changes.append(f"CMD {json.dumps(DEFAULT_COMMAND)}")
    if "USER" not in set_by_user and user != (source.get("User") or ""):
        changes.append(f"USER {source.get('User') or 'root'}")
    return changes


def config_to_changes(config: Config) -> list[str]:
    """Instructions that give an image without any configuration this one, but for its stop signal, which an import cannot be told."""
    changes = [f"ENV {name}={_quoted(value)}" for name, _equals, value in (entry.partition("=") for entry in config.get("Env") or [])]
    changes.extend(f"EXPOSE {port}" for port in sorted(config.get("ExposedPorts") or {}))
    changes.extend(f"VOLUME {json.dumps([path])}" for path in sorted(config.get("Volumes") or {}))
    changes.extend(labels_to_changes(config.get("Labels") or {}))
    changes.extend(f"ONBUILD {trigger}" for trigger in config.get("OnBuild") or [])
    for word, key in (("WORKDIR", "WorkingDir"), ("USER", "User")):
        if config.get(key):
            changes.append(f"{word} {config[key]}")
    for word, key in (("ENTRYPOINT", "Entrypoint"), ("CMD", "Cmd")):
        if config.get(key):
            changes.append(f"{word} {json.dumps(config[key])}")
    changes.extend(_healthcheck(config.get("Healthcheck") or {}))
    return changes


def _healthcheck(check: Config) -> list[str]:
    test = check.get("Test") or []
    if not test:
        return []
    if test[0] == "NONE":
        return ["HEALTHCHECK NONE"]
    flags = [f"--{flag}={check[key]}ns" for flag, key in (("interval", "Interval"), ("timeout", "Timeout"), ("start-period", "StartPeriod")) if check.get(key)]
    if check.get("Retries"):
        flags.append(f"--retries={check['Retries']}")
    command = test[1] if test[0] == "CMD-SHELL" else json.dumps(test[1:])
    return [" ".join(["HEALTHCHECK", *flags, "CMD", command])]


def _quoted(text: str) -> str:
    """A value that survives the Dockerfile parser: quotes, backslashes and dollars are literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", " ")
    return f'"{escaped}"'

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an image is run, in the words of the definition and of the OCI image specification."""

from __future__ import annotations

import platform
import re
import typing as t

from ..._lifecycle.errors import BuilderError

Config = dict[str, t.Any]
"""The keys of ``CONFIG_SPEC``, those that are set."""

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386", "i386": "386", "armhf": "arm", "ppc64el": "ppc64le"}
_LISTS = {"Entrypoint": "entrypoint", "Cmd": "cmd"}
_TEXTS = {"User": "user", "WorkingDir": "workdir", "StopSignal": "stop_signal"}
_SETS = {"ExposedPorts": "exposed_ports", "Volumes": "volumes"}
_PORT = re.compile(r"\d{1,5}(-\d{1,5})?(/(tcp|udp|sctp))?\Z")


def architecture_of(name: str | None = None) -> str:
    """The OCI name of an architecture, this machine's by default."""
    machine = name or platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def given(config: t.Mapping[str, t.Any] | None) -> Config:
    """Without the options that were left out."""
    return {key: value for key, value in (config or {}).items() if value is not None}


def merge(inherited: Config, changes: t.Mapping[str, t.Any] | None) -> Config:
    """An image's configuration on top of its source's: mappings and sets are joined, the rest is replaced.

    As with a Dockerfile, a new entrypoint drops the inherited command.
    """
    new = given(changes)
    merged = dict(inherited)
    if "entrypoint" in new:
        merged.pop("cmd", None)
    for key, value in new.items():
        if key in ("env", "labels"):
            merged[key] = {**merged.get(key, {}), **value}
        elif key in ("exposed_ports", "volumes"):
            merged[key] = sorted({*merged.get(key, []), *value})
        else:
            merged[key] = value
    return merged


def check(config: t.Mapping[str, t.Any] | None) -> None:
    """:raises BuilderError: when an image runtime would refuse it."""
    new = given(config)
    for port in new.get("exposed_ports", []):
        if not _PORT.match(port):
            raise BuilderError(f"config.exposed_ports: {port!r} is not a port", hint="Write 80, 80/tcp or 8000-8010/udp.")
    for key in ("volumes", "workdir"):
        value = new.get(key, [])
        for path in [value] if isinstance(value, str) else value:
            if not path.startswith("/"):
                raise BuilderError(f"config.{key}: {path!r} is not an absolute path")


def from_oci(image: t.Mapping[str, t.Any]) -> Config:
    """Read an OCI or Docker image configuration."""
    raw = image.get("config") or {}
    found: Config = {ours: raw[theirs] for theirs, ours in {**_LISTS, **_TEXTS}.items() if raw.get(theirs)}
    found.update({ours: sorted(raw[theirs]) for theirs, ours in _SETS.items() if raw.get(theirs)})
    if raw.get("Env"):
        found["env"] = dict(entry.partition("=")[::2] for entry in raw["Env"])
    if raw.get("Labels"):
        found["labels"] = dict(raw["Labels"])
    found.update({key: image[key] for key in ("author", "architecture") if image.get(key)})
    return found


def to_oci(config: Config, *, diff_id: str, created: str) -> dict[str, t.Any]:
    """An OCI image configuration with one layer."""
    raw: dict[str, t.Any] = {theirs: config[ours] for theirs, ours in {**_LISTS, **_TEXTS}.items() if config.get(ours)}
    raw.update(
        {theirs: {_port(value) if ours == "exposed_ports" else value: {} for value in config[ours]} for theirs, ours in _SETS.items() if config.get(ours)}
    )
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **config.get("env", {})}
    raw["Env"] = [f"{name}={value}" for name, value in environment.items()]
    if config.get("labels"):
        raw["Labels"] = {str(key): str(value) for key, value in config["labels"].items()}
    image = {
        "created": created,
        "architecture": architecture_of(config.get("architecture")),
        "os": "linux",
        "config": raw,
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": created, "created_by": "golden.images"}],
    }
    return {**image, "author": config["author"]} if config.get("author") else image


def _port(text: str) -> str:
    return text if "/" in text else f"{text}/tcp"

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of ansible-core's connection plugins, for connections of ours that extend them."""

from __future__ import annotations

import typing as t

import yaml
from ansible.plugins.connection import psrp, ssh, winrm


def _options_of(plugin: t.Any) -> str:
    """The ``options`` of a plugin's documentation, without the versions of another collection."""
    options = yaml.safe_load(plugin.DOCUMENTATION)["options"]
    # Undescribed options of core are refused in the documentation of a collection.
    for name, option in options.items():
        option.setdefault("description", f"See C({name}) of the extended plugin.")
    return yaml.safe_dump({"options": _without_versions(options)}, sort_keys=False)


def _without_versions(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _without_versions(item) for key, item in value.items() if key not in ("version_added", "deprecated")}
    if isinstance(value, list):
        return [_without_versions(item) for item in value]
    return value


class ModuleDocFragment:
    """One attribute per extended connection."""

    SSH: str = _options_of(ssh)
    WINRM: str = _options_of(winrm)
    PSRP: str = _options_of(psrp)

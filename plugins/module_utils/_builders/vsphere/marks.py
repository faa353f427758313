# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's marks on virtual machines: keys of their extra configuration."""

from __future__ import annotations

import typing as t

from .errors import doing
from .properties import properties
from .sdk import Managed, vim

if t.TYPE_CHECKING:
    from .session import VCenter

PREFIX = "golden."
#: With the guest's name: what a build finds its virtual machine by.
GUEST = "golden.guest"
RUN = "golden.run"
#: With the moment after which a thing is taken for abandoned.
EXPIRES = "golden.expires"
#: Keys of devices that launching added for the installation alone, a list in JSON.
ADDED_DEVICES = "golden.added"


def guest_marks(guest: str, labels: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Marks of a guest's virtual machine, from its creation on."""
    return {GUEST: guest, **{str(key): str(value) for key, value in labels.items()}}


def extra_config(values: t.Mapping[str, str]) -> list[t.Any]:
    """As configuration specs take them; an empty text removes a key."""
    return [vim.option.OptionValue(key=str(key), value=str(value)) for key, value in values.items()]


def all_extra_config(vcenter: VCenter, vm: Managed) -> dict[str, str]:
    """The whole extra configuration."""
    with doing("read the configuration of a virtual machine"):
        options = properties(vcenter, vm, "config.extraConfig")["config.extraConfig"]
    return {option.key: str(option.value) for option in options or ()}


def read(vcenter: VCenter, vm: Managed) -> dict[str, str]:
    """The marks of a virtual machine."""
    return {key: value for key, value in all_extra_config(vcenter, vm).items() if key.startswith(PREFIX) and value}

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CD with the guest additions: found or downloaded, checked, attached or uploaded."""

from __future__ import annotations

import pathlib
import re
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from .source import obtain_file
from .vboxmanage import VBoxManage

Options = t.Mapping[str, t.Any]

_FILE = "VBoxGuestAdditions.iso"
_PLACES = (
    "/usr/share/virtualbox",
    "/usr/lib/virtualbox",
    "/usr/lib/virtualbox/additions",
    "/opt/VirtualBox/additions",
    "/Applications/VirtualBox.app/Contents/MacOS",
)


def mode_of(options: Options) -> str:
    """``disable``, ``attach`` or ``upload``."""
    return (options.get("guest_additions") or {}).get("mode") or "disable"


def check_additions(options: Options) -> None:
    """:raises BuilderError: for options that contradict each other."""
    given = options.get("guest_additions") or {}
    if mode_of(options) == "disable" and any(given.get(name) for name in ("path", "urls")):
        raise BuilderError("guest_additions: a file is given, and mode is disable", hint="Set mode to attach or upload.")
    if mode_of(options) == "upload" and options["connection"] != "ssh":
        raise BuilderError(f"guest_additions: nothing is uploaded with connection: {options['connection']}", hint="Set mode to attach.")


def obtain_additions(options: Options, vbox: VBoxManage, context: Context) -> pathlib.Path | None:
    """The CD on this machine, checked against its checksum; ``None`` when none is wanted.

    :raises BuilderError: when it is not here.
    """
    given = options.get("guest_additions") or {}
    if mode_of(options) == "disable":
        return None
    if given.get("path") or given.get("urls"):
        return obtain_file(given, "guest_additions", context)
    found = _installed(vbox)
    if found is None:
        raise BuilderError(
            "guest_additions: the CD did not come with this VirtualBox",
            hint="Install it (Debian: virtualbox-guest-additions-iso), or give path, or urls and checksum.",
        )
    return obtain_file({"path": str(found), "checksum": given.get("checksum")}, "guest_additions", context)


def _installed(vbox: VBoxManage) -> pathlib.Path | None:
    told = re.search(r"^Default Guest Additions ISO: +(\S.*)$", vbox.run("list", "systemproperties"), re.MULTILINE)
    known = [pathlib.Path(told[1])] if told else []
    beside = pathlib.Path(vbox.path).resolve().parent / _FILE
    return next((path for path in [*known, beside, *(pathlib.Path(place) / _FILE for place in _PLACES)] if path.is_file()), None)


def uploads(options: Options, path: pathlib.Path | None) -> list[dict[str, str]]:
    """What is copied into the guest once it answers: ``{src, dest}``."""
    if path is None or mode_of(options) != "upload":
        return []
    return [{"src": str(path), "dest": options["guest_additions"]["upload_path"]}]

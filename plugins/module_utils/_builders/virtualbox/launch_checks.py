# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses options of a guest that cannot be, and what VirtualBox on this machine would refuse later."""

from __future__ import annotations

import pathlib
import shutil
import typing as t

from ..._access.connecting import check_connection
from ..._lifecycle.errors import BuilderError
from ..._media.guest_media import check_media
from . import source
from .additions import check_additions
from .hardware import check_hardware
from .networking import check_networking, check_networks_exist
from .vboxmanage import VBoxManage

Options = t.Mapping[str, t.Any]

_OLDEST = (7, 0)
_MIB = 1024 * 1024
_SPARE_MIB = 256


def check_launch(options: Options, given: Options) -> None:
    """Ask nobody.

    :param given: ``source``.
    :raises BuilderError: for the first thing that cannot be.
    """
    check_connection(options)
    check_hardware(options)
    check_networking(options)
    check_additions(options)
    if "image_of" not in given:
        source.check_source(given, options)
        kind = source.kind_of(given)
        check_media(options, kind)
        _check_installation(options, kind)


def _check_installation(options: Options, kind: str) -> None:
    if kind == "iso":
        if options["connection"] == "none" and options["installation_end"] == "reboot":
            raise BuilderError("with connection: none nobody can tell when the installed system has started", hint="Have the installer power the machine off.")
    elif options["installation_end"] != "auto":
        raise BuilderError(f"installation_end is for source.iso, not for source.{kind}")


def check_place(options: Options, vbox: VBoxManage) -> None:
    """Ask VirtualBox.

    :raises BuilderError: for what it does not know.
    """
    found = vbox.version()
    if found < _OLDEST:
        raise BuilderError(
            f"VirtualBox {'.'.join(map(str, found))} is too old, {'.'.join(map(str, _OLDEST))} is the oldest that is supported", hint="Install a newer one."
        )
    wanted = options.get("guest_os_type")
    if wanted:
        _check_os_type(wanted, vbox.os_types())
    check_networks_exist(options, vbox)


def _check_os_type(wanted: str, known: set[str]) -> None:
    if wanted in known:
        return
    stem = wanted.casefold()[:5]
    near = sorted(name for name in known if name.casefold().startswith(stem))
    shown = f"Similar ones: {', '.join(near[:12])}. " if near else ""
    raise BuilderError(f"guest_os_type: VirtualBox knows no {wanted}", hint=f"{shown}All of them: VBoxManage list ostypes.")


def check_space(folder: pathlib.Path, needed: int) -> None:
    """:raises BuilderError: when there is no room for a disk.

    :param needed: bytes that it has at least.
    """
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(place).free
    if free < needed + _SPARE_MIB * _MIB:
        raise BuilderError(
            f"there are {free // _MIB} MiB free at {place}, and the disk of the guest needs {needed // _MIB} MiB at least",
            hint="Free space there, or set machine_folder to another place.",
        )

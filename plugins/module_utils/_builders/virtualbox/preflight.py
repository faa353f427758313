# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses a build before it begins when VirtualBox would refuse it later."""

from __future__ import annotations

import pathlib
import typing as t

from ..._lifecycle.builder import Source
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from . import launch_checks, machine
from .additions import obtain_additions
from .source import kind_of
from .vboxmanage import VBoxManage

Options = t.Mapping[str, t.Any]


def check_guest(source: Source, build: Options, options: Options, vbox: VBoxManage, context: Context) -> None:
    """:raises BuilderError: for the first thing that cannot be."""
    launch_checks.check_place(options, vbox)
    guest = build["guest_name"]
    if vbox.find(guest) is not None:
        raise BuilderError(f"there is a machine {guest} already", hint=f"When nobody needs it: VBoxManage unregistervm {guest} --delete.")
    kind = kind_of(source.options)
    given = source.options[kind]
    folder = machine.folder_of(options, guest, build["run_dir"])
    is_copied = kind in ("ova", "disk") and given.get("path")
    launch_checks.check_space(folder, pathlib.Path(given["path"]).stat().st_size if is_copied else 0)
    additions = options.get("guest_additions") or {}
    # What is downloaded is downloaded by the launch.
    if not additions.get("urls"):
        obtain_additions(options, vbox, context)

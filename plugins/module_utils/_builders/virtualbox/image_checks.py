# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses before a build begins what its capture would fail on."""

from __future__ import annotations

import typing as t

from . import keeping
from .disk_exporting import require_converters
from .image_options import licence_of, machine_name
from .vboxmanage import VBoxManage

Options = t.Mapping[str, t.Any]


def check_image(build: Options, options: Options, vbox: VBoxManage) -> None:
    """Ask whether names are free, files there and programs installed.

    :param build: the facts ``golden_build``.
    :raises GoldenError: for the first thing that cannot be.
    """
    licence_of(options)
    if "disk" in options["format"]:
        require_converters(options["disk_format"])
    if options["keep_registered"]:
        keeping.check_name(vbox, machine_name({**options, "image": build["image"]}), build["name"])

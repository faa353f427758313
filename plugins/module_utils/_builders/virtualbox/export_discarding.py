# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discards what an export that was killed had written so far; found by its name in journals."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.journal import Resource
from .service import await_closed
from .vboxmanage import MissingMachineError, VBoxManage


def export_resource(vbox: VBoxManage, folder: pathlib.Path) -> Resource:
    """Files of an export, and disks that VirtualBox knows while it writes them, in the journal."""
    return Resource(__name__, "partial export", str(folder), {"virtualbox": vbox.details, "folder": str(folder)})


def discard_export(vbox: VBoxManage, folder: pathlib.Path) -> bool:
    """Have VirtualBox forget the disks in a folder of an export, and remove it; whether there was something."""
    await_closed(folder)
    forgotten = [_forget(vbox, medium) for medium in vbox.media("hdds") if pathlib.Path(medium.get("Location", "")).is_relative_to(folder)]
    existed = folder.exists()
    try:
        if existed:
            shutil.rmtree(folder)
    except FileNotFoundError:
        # VirtualBox removes the file of a disk that it does not finish.
        shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise BuilderError(f"{folder} cannot be removed: {error.strerror}") from error
    return existed or any(forgotten)


def _forget(vbox: VBoxManage, medium: dict[str, str]) -> bool:
    with contextlib.suppress(MissingMachineError):
        vbox.run("closemedium", "disk", medium["UUID"], what=f"forget the disk {medium['Location']}")
    return True


class _Exports:
    """See :class:`~..._lifecycle.builder.Builder`; of that only what journals need."""

    def discard(self, resource: Resource, options: dict[str, t.Any]) -> bool:
        """Remove a partial export."""
        return discard_export(VBoxManage.of_details(resource.details, options), pathlib.Path(resource.details["folder"]))

    def login_hint(self, resource: Resource) -> str | None:
        """There is nothing to log in to."""
        return None


BUILDER = _Exports()

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""State ``captured``: a guest becomes image files, and stays registered when it is to."""

from __future__ import annotations

import pathlib
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.image_files import captured_resource, capturing, check_space
from ..._lifecycle.operation import Context, Params, Result
from . import keeping
from .cleaning import clean
from .compacting import compact
from .disk_exporting import require_converters
from .hardware import raw_commands
from .image_making import make
from .image_options import check, licence_of
from .stopping import stop
from .vboxmanage import VBoxManage


def captured(params: Params, context: Context) -> Result:
    """Bring the guest to rest, take off what only the build needed, and export it."""
    check(params)
    licence_of(params)
    if "disk" in params["format"]:
        require_converters(params["disk_format"])
    guest = str(params["guest"])
    vbox = VBoxManage.of(params, context, guest)
    if vbox.find(guest) is None:
        raise BuilderError(f"there is no machine {guest} to capture", hint="Launch the guest first.", resource=f"virtual machine {guest}")
    if params["keep_registered"]:
        keeping.check(vbox, guest, params)
    if context.check_mode:
        return {"changed": True}
    target = pathlib.Path(params["captured_dir"]).absolute()
    with capturing(target, captured_resource(target), context):
        check_space(target, params["free_space"])
        stop(vbox, guest, params, context)
        clean(vbox, guest, keep_installer=params["bundle_iso"])
        raw_commands(vbox, guest, t.cast("list[list[t.Any]]", params["vboxmanage_post"]), "vboxmanage_post")
        if params["compact"]:
            compact(vbox, guest, context)
        artifact = make(vbox, guest, target, params, context)
        if params["keep_registered"]:
            artifact = keeping.keep(vbox, guest, artifact, params, context)
    return {"changed": True, "artifact": artifact.to_dict()}

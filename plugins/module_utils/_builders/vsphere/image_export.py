# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``vsphere_image_export``: a template, or a virtual machine that is off, becomes an OVA or OVF here."""

from __future__ import annotations

import pathlib
import typing as t

from ..._access.waits import wait_option
from ..._appliance.records import FIELDS
from ..._lifecycle.artifact import Artifact, ArtifactFile
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Operation, Params, Result
from .exporting import Export, export_image, present
from .finding import virtual_machine
from .image_names import LONGEST
from .image_options import EXPORT_SPEC
from .images import Image, by_id, described
from .machines import OFF, power_state
from .options import AUTH_SPEC
from .session import VCenter


def run(params: Params, context: Context) -> Result:
    """Entry point of ``vsphere_image_export``."""
    vcenter = VCenter.of(params)
    image = _image(vcenter, params)
    export = Export(
        directory=pathlib.Path(params["directory"]).absolute(),
        name=params.get("name") or image.name,
        form=params["format"],
        manifest=params["manifest"],
        options=tuple(params["options"]),
        image_files=params["image_files"],
        record={key: image.record[key] for key in FIELDS if image.record.get(key)},
    )
    if "/" in export.name or len(export.name) > 2 * LONGEST:
        raise BuilderError(f"name: {export.name!r} is no name of a file")
    files = present(export)
    if not params["force"]:
        if files:
            return _result(False, image, export, files, params)
        if export.target.exists() and not export.record:
            return {"changed": False, "path": str(export.target)}
        if export.target.exists():
            raise BuilderError(f"{export.target} is there, and of another image", hint="Give another name or directory, or set force to true")
    if power_state(vcenter, image.object) != OFF:
        raise BuilderError(f"{image.path} is not off, and can therefore not be exported", hint="Shut it down first")
    if context.check_mode:
        return {"changed": True, "path": str(export.target)}
    return _result(True, image, export, export_image(vcenter, image, export, params, context), params)


def _image(vcenter: VCenter, params: Params) -> Image:
    if params.get("artifact"):
        artifact = Artifact.from_dict(params["artifact"])
        found = by_id(vcenter, artifact.id)
        if found is None:
            raise BuilderError(f"the image {artifact.metadata.get('name', '')} ({artifact.id}) is gone")
        return found
    return described(vcenter, virtual_machine(vcenter, params["image"], params))


def _result(changed: bool, image: Image, export: Export, files: t.Sequence[ArtifactFile], params: Params) -> Result:
    told = [{"path": file.path, "kind": file.kind, "size": file.size, "sha256": file.sha256} for file in files]
    result: Result = {"changed": changed, "image_id": image.id, "path": str(export.target), "files": told}
    if params.get("artifact"):
        artifact = Artifact.from_dict(params["artifact"])
        known = {file.path for file in files}
        result["artifact"] = artifact.replace(files=(*(file for file in artifact.files if file.path not in known), *files)).to_dict()
    return result


OPERATION = Operation(
    argument_spec={
        "image": {"type": "str"},
        "artifact": {"type": "dict"},
        "datacenter": {"type": "str"},
        **EXPORT_SPEC,
        "directory": {"type": "path", "required": True},
        "force": {"type": "bool", "default": False},
        "transfer_wait": wait_option(300, 1),
        **AUTH_SPEC,
    },
    run=run,
    constraints={"required_one_of": [["image", "artifact"]], "mutually_exclusive": [["image", "artifact"]]},
)

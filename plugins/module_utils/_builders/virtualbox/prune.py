# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""State ``pruned``: removes old images of a build from the output folder, as their manifests tell of them."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import pathlib
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.errors import BuilderError, GoldenError
from ..._lifecycle.manifest import BUILD_MANIFEST, read_manifest
from ..._lifecycle.operation import Context, Params, Result
from ..._lifecycle.retention import Candidate, Retention, verdicts
from ..._lifecycle.run import utc_now
from . import keeping

_WHAT = "manifest of a build"


@dataclasses.dataclass(frozen=True)
class Published:
    """An image in the output folder.

    :ivar folder: its version's, with the files and their manifest.
    :ivar files: all that is to go with it, what post-processors made in that folder included.
    """

    folder: pathlib.Path
    artifact: Artifact
    files: tuple[pathlib.Path, ...]

    @property
    def created(self) -> datetime.datetime:
        """When it was captured."""
        return datetime.datetime.fromisoformat(self.artifact.created.replace("Z", "+00:00"))


def pruned(params: Params, context: Context) -> Result:
    """Keep the newest ones, and those that are not old enough."""
    retention = retention_of(params["retention"])
    images = find_images(pathlib.Path(params["output_dir"]).absolute(), params["build"])
    candidates = [Candidate(image.artifact.version, params["build"], image.created, image) for image in images]
    entries: list[dict[str, t.Any]] = []
    for verdict in verdicts(candidates, retention, utc_now()):
        image = verdict.candidate.thing
        entries.append({**_described(image), "action": "remove" if verdict.goes else "keep", "reason": verdict.reason})
        if verdict.goes:
            context.say(f"{'would remove' if context.check_mode else 'removing'} version {image.artifact.version} in {image.folder}")
            if not context.check_mode:
                remove_image(image)
    result: Result = {"changed": any(entry["action"] == "remove" for entry in entries), "images": entries}
    if context.diff:
        result["diff"] = {"prepared": "".join(f"remove {entry['version']} {entry['folder']}\n" for entry in entries if entry["action"] == "remove")}
    return result


def retention_of(option: t.Mapping[str, t.Any]) -> Retention:
    """As the option says it.

    :raises GoldenError: when no image would stay.
    """
    retention = Retention.of(option)
    if not retention.keep:
        raise BuilderError("retention.keep is less than 1: the newest image stays, for the next run compares with it")
    return retention


def find_images(output: pathlib.Path, build: str) -> list[Published]:
    """Images of a build below the output folder."""
    image, _dot, builder = build.partition(".")
    found = [_published(path, build) for path in output.glob(f"{image}/*/{builder}/{BUILD_MANIFEST}")]
    return [entry for entry in found if entry is not None]


def _published(path: pathlib.Path, build: str) -> Published | None:
    """``None`` for what somebody else wrote."""
    with contextlib.suppress(GoldenError, KeyError, TypeError, ValueError):
        manifest = read_manifest(path, _WHAT) or {}
        artifact = Artifact.from_dict(manifest["artifact"])
        made = [artifact, *(Artifact.from_dict(output) for output in manifest.get("outputs") or [])]
        if artifact.build == build and artifact.type == "virtualbox":
            files = dict.fromkeys(path.parent / pathlib.Path(file.path).name for each in made for file in each.files if _is_beside(file.path, path))
            found = Published(path.parent, artifact, tuple(files))
            return found if found.created.tzinfo else None
    return None


def _is_beside(file: str, manifest: pathlib.Path) -> bool:
    return pathlib.Path(file).parent in (manifest.parent, pathlib.Path(), pathlib.Path("."))


def _described(image: Published) -> dict[str, t.Any]:
    return {"version": image.artifact.version, "created": image.artifact.created, "folder": str(image.folder), "fingerprint": image.artifact.fingerprint}


def remove_image(image: Published) -> None:
    """Remove its files, the manifest last: until then it is found again. What else is in the folder stays.

    :raises BuilderError: when something stays.
    """
    try:
        if keeping.is_there(image.artifact):
            keeping.remove(image.artifact)
        for file in image.files:
            file.unlink(missing_ok=True)
        (image.folder / BUILD_MANIFEST).unlink(missing_ok=True)
    except OSError as error:
        raise BuilderError(f"the old image in {image.folder} cannot be removed: {error.strerror}") from error
    for folder in (image.folder, image.folder.parent):
        with contextlib.suppress(OSError):
            folder.rmdir()

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a verified image available: copies, name, settings, permissions, tags; what it replaces goes last.

It may be repeated: what an earlier attempt made is found by the tag ``golden.origin``.
"""

from __future__ import annotations

import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context, Params, Result
from . import image_tags as tags
from .copies import copy_missing
from .image_changes import apply_all
from .image_discarding import REPLACED_IMAGE
from .image_lookup import describe, made_from
from .image_making import NewImage
from .image_names import temporary_stem
from .image_records import DISCARDED, image_facts, images_of
from .image_removal import remove_image, snapshot_ids
from .image_resources import Unfinished
from .image_settings import check_fast_launch, fast_launch_changes, settings_changes, tag_changes
from .placements import Placement, place, targets
from .replacing import give_name, remove_superseded
from .session import Account
from .ssm_parameters import parameter_changes, parameter_of

Json = dict[str, t.Any]


def published(params: Params, context: Context, account: Account) -> Result:
    """State ``published``."""
    artifact = Artifact.from_dict(params["artifact"])
    if artifact.id == DISCARDED:
        return {"changed": False, "artifact": artifact.to_dict(), "actions": []}
    return Publication(artifact, params, context, account).run()


class Publication:
    """One artifact on its way to its regions.

    :param account: in the region of the build.
    """

    def __init__(self, artifact: Artifact, params: Params, context: Context, account: Account) -> None:
        self._artifact = artifact
        self._params = params
        self._context = context
        self._home = account.in_region(artifact.metadata["region"])
        self._name = str(artifact.metadata["name"])
        self._placements = [place(target, artifact, self._name, params["replace"]) for target in targets(params, account)]
        self._actions: list[str] = []
        self._removed: set[str] = set()

    def run(self) -> Result:
        """See :func:`published`."""
        captured = describe(self._home, self._artifact.id)
        source = self._source(captured)
        check_fast_launch(self._params.get("fast_launch"), source[1])
        if self._context.check_mode:
            return self._preview(captured)
        with Unfinished(self._context) as unfinished:
            images = self._images(source, unfinished)
            # First what is new: until its last line, what was replaced could still come back.
            for resource in sorted(unfinished.all(), key=lambda resource: resource.kind == REPLACED_IMAGE):
                unfinished.published(resource)
        for placement, image in zip(self._placements, images, strict=True):
            self._apply(parameter_changes(placement.account, self._parameter(), image["ImageId"]))
        self._remove_superseded(captured, images)
        return self._result(images)

    def _source(self, captured: Json | None) -> tuple[Account, Json]:
        """What can be copied: the captured image, or what was made from it when that has gone already."""
        if captured is not None:
            return self._home, captured
        for placement in self._placements:
            if placement.ready is not None:
                return placement.account, placement.ready
        raise BuilderError(f"the image {self._artifact.id} in {self._home.region} is gone", hint="Build it again")

    def _images(self, source: tuple[Account, Json], unfinished: Unfinished) -> list[Json]:
        """The finished images, one for each placement."""
        self._actions.extend(self._copies())
        stem = temporary_stem(self._context.build, self._artifact.id)
        ready = copy_missing(self._placements, source, self._new_in, (self._name, stem), self._params, self._context, unfinished)
        # What somebody else's settings would be refused for shows before the old image has to go.
        for placement, image in zip(self._placements, ready, strict=True):
            if placement.holder is not None:
                self._apply(self._settings(placement, image))
        images: list[tuple[Placement, Json]] = []
        # Names that are free first.
        for placement, image in sorted(zip(self._placements, ready, strict=True), key=lambda pair: pair[0].holder is not None):
            if image["Name"] == self._name:
                images.append((placement, image))
                continue
            self._actions.append(self._naming(placement))
            new = self._new_in(placement.account, self._name)
            images.append((placement, give_name(image, new, placement, self._params, self._context, unfinished)))
        for placement, image in images:
            self._apply(self._settings(placement, image))
            self._apply(fast_launch_changes(placement.account, image, self._params, self._context))
        for placement, image in images:
            self._apply(tag_changes(placement.account, image, self._tags("image_tags"), self._tags("snapshot_tags")))
        by_region = {placement.account.region: image for placement, image in images}
        return [by_region[placement.account.region] for placement in self._placements]

    def _apply(self, changes: t.Any) -> None:
        self._actions.extend(apply_all(changes, self._context))

    def _settings(self, placement: Placement, image: Json) -> t.Any:
        return settings_changes(placement.account, image, self._params, self._artifact.created)

    def _tags(self, option: str) -> tags.Tags:
        return tags.published_tags(self._artifact, self._context.build, self._params[option])

    def _new_in(self, account: Account, name: str) -> NewImage:
        marks = tags.marks(self._context.build)
        image, snapshots = ({**marks, **self._tags(option), tags.STATE: tags.CAPTURED} for option in ("image_tags", "snapshot_tags"))
        return NewImage(account, name, image, snapshots)

    def _parameter(self) -> str | None:
        return parameter_of(self._params, self._context.build)

    def _copies(self) -> list[str]:
        return [f"copy the image to {placement.account.region} as {self._name}" for placement in self._placements if placement.ready is None]

    def _naming(self, placement: Placement) -> str:
        where = f"in {placement.account.region}"
        return f"name the image {self._name} {where}" + (f", replacing {placement.holder['ImageId']}" if placement.holder else "")

    def _preview(self, captured: Json | None) -> Result:
        actions = self._copies()
        for placement in self._placements:
            if placement.holder is not None or (placement.ready is not None and placement.ready["Name"] != self._name):
                actions.append(self._naming(placement))
            elif placement.ready is not None:
                changes = [
                    *self._settings(placement, placement.ready),
                    *fast_launch_changes(placement.account, placement.ready, self._params, self._context),
                    *tag_changes(placement.account, placement.ready, self._tags("image_tags"), self._tags("snapshot_tags")),
                    *parameter_changes(placement.account, self._parameter(), placement.ready["ImageId"]),
                ]
                actions.extend(change.text for change in changes)
        final = {placement.ready["ImageId"] for placement in self._placements if placement.ready is not None and placement.ready["Name"] == self._name}
        if captured is not None and captured["ImageId"] not in final and tags.tags_of(captured).get(tags.STATE) == tags.CAPTURED:
            actions.append(f"remove the captured image {captured['ImageId']} in {self._home.region}")
        return self._answer(self._artifact, actions)

    def _remove_superseded(self, captured: Json | None, images: t.Sequence[Json]) -> None:
        """The captured image and what was made of it on the way, where something else is the finished image; and what that replaced."""
        final = {image["ImageId"] for image in images}
        accounts = {account.region: account for account in (self._home, *(placement.account for placement in self._placements))}
        for account in accounts.values():
            own = [captured] if captured is not None and account.region == self._home.region else []
            made = {image["ImageId"]: image for image in [*own, *made_from(account, self._artifact.metadata["origin"])]}
            for identifier, image in made.items():
                if identifier not in final and tags.tags_of(image).get(tags.STATE) == tags.CAPTURED:
                    self._actions.append(f"remove the captured image {identifier} in {account.region}")
                    remove_image(account, image)
                    self._removed.add(identifier)
            remove_superseded(account, self._artifact.metadata["origin"])

    def _result(self, images: t.Sequence[Json]) -> Result:
        wanted = {placement.account.region: image for placement, image in zip(self._placements, images, strict=True)}
        known = {region: identifier for region, identifier in images_of(self._artifact).items() if identifier not in self._removed}
        earlier = {region: identifier for region, identifier in known.items() if region not in wanted}
        for region, identifier in earlier.items():
            self._context.warn(f"{identifier} in {region}, where the image is no longer wanted, is still there")
        region, main = next(iter(wanted.items()))
        snapshots = self._artifact.metadata.get("snapshots") or {}
        metadata = {
            **{name: value for name, value in self._artifact.metadata.items() if name not in image_facts(main)},
            **image_facts(main),
            "region": region,
            "images": {**earlier, **{where: image["ImageId"] for where, image in wanted.items()}},
            "snapshots": {**{where: snapshots.get(where, []) for where in earlier}, **{where: snapshot_ids(image) for where, image in wanted.items()}},
        }
        return self._answer(self._artifact.replace(id=main["ImageId"], location=region, metadata=metadata), self._actions)

    def _answer(self, artifact: Artifact, actions: t.Sequence[str]) -> Result:
        result: Result = {"changed": bool(actions), "artifact": artifact.to_dict(), "actions": list(actions)}
        if self._context.diff:
            result["diff"] = {"prepared": "\n".join(actions)}
        return result

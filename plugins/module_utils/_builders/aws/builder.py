# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The builder type ``aws``: guests are instances, artifacts are AMIs."""

from __future__ import annotations

import datetime
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.builder import Builder, Source
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from . import image_records
from .discarding import all_leftovers, discard
from .image_checks import check_image_options
from .image_options import CAPTURE_SPEC, IMAGE_CONTENT_OPTIONS, IMAGE_PUBLISH_OPTIONS, PRUNE_SPEC, PUBLISH_SPEC
from .instance import KIND
from .launch_preflight import check_guest
from .launch_validation import check_launch
from .options import CONNECTION_SPEC, LAUNCH_CONTENT_OPTIONS, LAUNCH_SPEC, SOURCE_CONSTRAINTS, SOURCE_SPEC
from .preflight import check_images
from .session import AUTH_SPEC, Account, load_service_models
from .source import resolve


class AwsBuilder(Builder):
    """See :class:`Builder`."""

    argument_spec: t.ClassVar[dict[str, t.Any]] = {**LAUNCH_SPEC, **CONNECTION_SPEC, **CAPTURE_SPEC, **PUBLISH_SPEC, **PRUNE_SPEC, **AUTH_SPEC}
    source_spec = SOURCE_SPEC
    source_constraints = SOURCE_CONSTRAINTS
    content_options = LAUNCH_CONTENT_OPTIONS | IMAGE_CONTENT_OPTIONS
    publish_options = IMAGE_PUBLISH_OPTIONS
    connection = "golden.images.ssh"

    def validate(self, options: dict[str, t.Any], source: dict[str, t.Any]) -> None:
        """See :class:`Builder`."""
        check_launch(options, source)
        check_image_options(options)

    def resolve_source(self, source: dict[str, t.Any], options: dict[str, t.Any], context: Context) -> Source:
        """See :class:`Builder`."""
        return resolve(source, Account.in_context(options, context), context)

    def preflight(self, source: Source, build: dict[str, t.Any], options: dict[str, t.Any], context: Context) -> None:
        """See :class:`Builder`."""
        account = Account.in_context(options, context)
        check_guest(source, build, options, account, context)
        check_images(source, build, options, account, context)

    def source_of(self, artifact: Artifact) -> dict[str, t.Any]:
        """See :class:`Builder`."""
        if artifact.id == image_records.DISCARDED:
            raise BuilderError(f"{artifact.build} was built with capture: discard, so there is no image to launch")
        return {"image_ids": image_records.images_of(artifact)}

    def is_present(self, artifact: Artifact, options: dict[str, t.Any]) -> bool:
        """See :class:`Builder`."""
        return image_records.is_present(artifact, Account.of(options))

    def discard(self, resource: Resource, options: dict[str, t.Any]) -> bool:
        """See :class:`Builder`."""
        return discard(resource, options)

    def leftovers(self, options: dict[str, t.Any], now: datetime.datetime) -> list[Resource]:
        """See :class:`Builder`."""
        return all_leftovers(Account.of(options), now, options.get("copy_regions") or ())

    def remove(self, artifact: Artifact, options: dict[str, t.Any]) -> None:
        """See :class:`Builder`."""
        image_records.remove(artifact, Account.of(options))

    def find(self, build: str, fingerprint: str, options: dict[str, t.Any], context: Context) -> Artifact | None:
        """See :class:`Builder`."""
        return image_records.find(build, fingerprint, Account.in_context(options, context))

    def load(self) -> None:
        """See :class:`Builder`."""
        load_service_models()

    def next_steps(self, artifact: Artifact) -> list[str]:
        """See :class:`Builder`."""
        images = sorted(image_records.images_of(artifact).items())
        return [f"aws ec2 run-instances --region {region} --image-id {image_id} --instance-type t3.small" for region, image_id in images]

    def login_hint(self, resource: Resource) -> str | None:
        """See :class:`Builder`."""
        return resource.details.get("login") if resource.kind == KIND else None


BUILDER = AwsBuilder()

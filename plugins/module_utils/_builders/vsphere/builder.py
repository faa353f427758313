# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The builder type ``vsphere``: guests are virtual machines, artifacts are templates, library items and packages."""

from __future__ import annotations

import datetime
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.builder import Builder, Source
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from . import image_records
from .discarding import discard, leftovers
from .image_checks import check_image_options
from .image_options import CAPTURE_SPEC, IMAGE_CONTENT_OPTIONS, IMAGE_PUBLISH_OPTIONS, PRUNE_SPEC, PUBLISH_SPEC
from .image_preflight import check_images
from .launch_preflight import check_guest
from .launch_validation import check_launch
from .machines import KIND
from .options import AUTH_SPEC, CONNECTION_SPEC, LAUNCH_CONTENT_OPTIONS, LAUNCH_SPEC, SOURCE_CONSTRAINTS, SOURCE_SPEC
from .session import VCenter
from .source import resolve


class VsphereBuilder(Builder):
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

    def is_configured(self, options: dict[str, t.Any]) -> bool:
        """See :class:`Builder`."""
        return bool(options["connection"] != "none")

    def resolve_source(self, source: dict[str, t.Any], options: dict[str, t.Any], context: Context) -> Source:
        """See :class:`Builder`."""
        return resolve(source, options, VCenter.of(options), context)

    def preflight(self, source: Source, build: dict[str, t.Any], options: dict[str, t.Any], context: Context) -> None:
        """See :class:`Builder`."""
        vcenter = VCenter.of(options)
        check_guest(source, options, vcenter)
        check_images(source, build, options, vcenter, context)

    def source_of(self, artifact: Artifact) -> dict[str, t.Any]:
        """See :class:`Builder`."""
        return image_records.source_of(artifact)

    def is_present(self, artifact: Artifact, options: dict[str, t.Any]) -> bool:
        """See :class:`Builder`."""
        return image_records.is_present(artifact, VCenter.of(options))

    def discard(self, resource: Resource, options: dict[str, t.Any]) -> bool:
        """See :class:`Builder`."""
        return discard(resource, options)

    def leftovers(self, options: dict[str, t.Any], now: datetime.datetime) -> list[Resource]:
        """See :class:`Builder`."""
        return leftovers(VCenter.of(options), now)

    def remove(self, artifact: Artifact, options: dict[str, t.Any]) -> None:
        """See :class:`Builder`."""
        image_records.remove(artifact, VCenter.of(options))

    def find(self, build: str, fingerprint: str, options: dict[str, t.Any], context: Context) -> Artifact | None:
        """See :class:`Builder`."""
        return image_records.find(build, fingerprint, VCenter.of(options), options, context)

    def next_steps(self, artifact: Artifact) -> list[str]:
        """See :class:`Builder`."""
        return image_records.next_steps(artifact)

    def login_hint(self, resource: Resource) -> str | None:
        """See :class:`Builder`."""
        return resource.details.get("login") if resource.kind == KIND else None


BUILDER = VsphereBuilder()

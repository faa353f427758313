# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The builder type ``virtualbox``: guests are machines of VirtualBox, artifacts are appliances and disks."""

from __future__ import annotations

import datetime
import functools
import typing as t

from ..._lifecycle.artifact import Artifact
from ..._lifecycle.builder import Builder, Source
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from . import discarding, image_checks, image_options, image_records, preflight, source
from .launch_checks import check_launch
from .machine import KIND
from .options import HOST_SPEC, LAUNCH_CONTENT_OPTIONS, LAUNCH_SPEC, SOURCE_CONSTRAINTS, SOURCE_SPEC
from .vboxmanage import VBoxManage

Options = dict[str, t.Any]


class VirtualBoxBuilder(Builder):
    """See :class:`Builder`."""

    argument_spec: t.ClassVar[dict[str, t.Any]] = {**LAUNCH_SPEC, **image_options.CAPTURE_SPEC, **HOST_SPEC}
    source_spec = SOURCE_SPEC
    source_constraints = SOURCE_CONSTRAINTS
    content_options = LAUNCH_CONTENT_OPTIONS | image_options.CAPTURE_CONTENT_OPTIONS
    connection = "golden.images.ssh"

    def validate(self, options: Options, source_options: Options) -> None:
        """See :class:`Builder`."""
        check_launch(options, source_options)
        image_options.check(options)

    def is_configured(self, options: Options) -> bool:
        """See :class:`Builder`."""
        return bool(options["connection"] != "none")

    def resolve_source(self, source_options: Options, options: Options, context: Context) -> Source:
        """See :class:`Builder`."""
        return source.resolve(source_options, functools.partial(_user_virtualbox, options), context)

    def preflight(self, source_image: Source, build: Options, options: Options, context: Context) -> None:
        """See :class:`Builder`."""
        vbox = _user_virtualbox(options)
        preflight.check_guest(source_image, build, options, vbox, context)
        image_checks.check_image(build, options, vbox)

    def source_of(self, artifact: Artifact) -> Options:
        """See :class:`Builder`."""
        return image_records.source_of(artifact)

    def is_present(self, artifact: Artifact, options: Options) -> bool:
        """See :class:`Builder`."""
        return image_records.is_present(artifact)

    def discard(self, resource: Resource, options: Options) -> bool:
        """See :class:`Builder`."""
        return discarding.discard(resource, options)

    def leftovers(self, options: Options, now: datetime.datetime) -> list[Resource]:
        """See :class:`Builder`."""
        return discarding.leftovers(_user_virtualbox(options), now)

    def remove(self, artifact: Artifact, options: Options) -> None:
        """See :class:`Builder`."""
        image_records.remove(artifact)

    def login_hint(self, resource: Resource) -> str | None:
        """See :class:`Builder`."""
        return resource.details.get("login") if resource.kind == KIND else None

    def next_steps(self, artifact: Artifact) -> list[str]:
        """See :class:`Builder`."""
        return image_records.next_steps(artifact)


def _user_virtualbox(options: t.Mapping[str, t.Any]) -> VBoxManage:
    """The one that is there before and after a build."""
    return VBoxManage.of({**options, "isolated": False}, Context())


BUILDER = VirtualBoxBuilder()

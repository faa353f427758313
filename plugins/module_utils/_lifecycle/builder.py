# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of a builder type, and how one is found by its name.

A builder type is a role (``builder_<type>`` with the task files ``launch``, ``stop``, ``capture``
and ``publish``, the last of which must be safe to repeat) and a backend module with an object ``BUILDER``. Nothing else of the collection
knows a builder by name.
"""

from __future__ import annotations

import abc
import dataclasses
import datetime
import importlib
import pathlib
import re
import typing as t

from .artifact import Artifact
from .errors import GoldenError
from .journal import Resource
from .operation import Context

COLLECTION = "golden.images"
_BACKENDS = f"ansible_collections.{COLLECTION}.plugins.module_utils._builders"
_ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*\Z")


@dataclasses.dataclass(frozen=True)
class Source:
    """A source image, resolved.

    :ivar id: changes when, and only when, the source's content changes: a digest, an AMI id.
    :ivar description: for people.
    :ivar options: the ``source`` options to launch from, made exact (a tag became a digest).
    """

    id: str
    description: str
    options: dict[str, t.Any]


class Builder(abc.ABC):
    """What the lifecycle asks of a builder type. Methods may raise :class:`GoldenError`.

    ``options`` are the builder's options in the definition, validated against
    :attr:`argument_spec`, without ``type`` and ``source``.
    """

    #: options of the builder, as AnsibleModule takes an argument spec
    argument_spec: t.ClassVar[dict[str, t.Any]]
    #: options of ``source``; ``image_of`` is the lifecycle's and not listed
    source_spec: t.ClassVar[dict[str, t.Any]]
    #: further constraints on ``source`` (``mutually_exclusive``, ``required_one_of`` …)
    source_constraints: t.ClassVar[dict[str, t.Any]] = {}
    #: options that change what is in the image, and therefore its fingerprint
    content_options: t.ClassVar[frozenset[str]] = frozenset()
    #: options that a finished image can be given without being built again: a change repeats publishing only
    publish_options: t.ClassVar[frozenset[str]] = frozenset()
    #: connection plugin through which the guest is configured
    connection: t.ClassVar[str]

    def load(self) -> None:
        """Load what is needed in any case and takes long or takes room: called once, in the process that the workers of a run are forked from.

        What is loaded here is there in each of them at once, and in memory once.
        """

    def validate(self, options: dict[str, t.Any], source: dict[str, t.Any]) -> None:
        """Refuse what the argument spec cannot express; asks no platform."""

    @abc.abstractmethod
    def resolve_source(self, source: dict[str, t.Any], options: dict[str, t.Any], context: Context) -> Source:
        """Find the exact source image; read-only and quick: it also runs for an unchanged build and in check mode."""

    def preflight(self, source: Source, build: dict[str, t.Any], options: dict[str, t.Any], context: Context) -> None:
        """Refuse what the platform would refuse later: names that clash, missing rights, exhausted quotas.

        Read-only; runs before a build that captures, and in check mode.
        :param build: the facts ``golden_build``.
        """

    @abc.abstractmethod
    def source_of(self, artifact: Artifact) -> dict[str, t.Any]:
        """``source`` options that launch a guest from one of this builder's artifacts."""

    @abc.abstractmethod
    def is_present(self, artifact: Artifact, options: dict[str, t.Any]) -> bool:
        """Whether the artifact still exists, whole, on the platform."""

    @abc.abstractmethod
    def discard(self, resource: Resource, options: dict[str, t.Any]) -> bool:
        """Remove a journalled resource.

        Idempotent; works from ``resource`` alone, from any process, while the guest is in any state.
        :returns: whether there was something to remove.
        """

    @abc.abstractmethod
    def leftovers(self, options: dict[str, t.Any], now: datetime.datetime) -> list[Resource]:
        """Resources on the platform that carry the collection's marks and whose expiry has passed."""

    @abc.abstractmethod
    def remove(self, artifact: Artifact, options: dict[str, t.Any]) -> None:
        """Remove an artifact that was captured and never published; idempotent."""

    def find(self, build: str, fingerprint: str, options: dict[str, t.Any], context: Context) -> Artifact | None:
        """A published artifact with this fingerprint on the platform, for machines that have no record of it."""
        return None

    def is_configured(self, options: dict[str, t.Any]) -> bool:
        """Whether anybody gets into the guest; where not, an installer does all the work and ``guest.connection`` is null."""
        return True

    def wants_layers(self, options: dict[str, t.Any]) -> bool:
        """Whether the role's task file ``layer`` is to run after each provisioner."""
        return False

    def login_hint(self, resource: Resource) -> str | None:
        """A command that opens a shell in a kept guest; ``None`` for other resources."""
        return None

    def next_steps(self, artifact: Artifact) -> list[str]:
        """Commands with which a person can use the published artifact."""
        return []


def known_types() -> list[str]:
    """Builder types of this collection: the folders beside each other under ``_builders``."""
    folder = pathlib.Path(__file__).parent.parent / "_builders"
    return sorted(path.parent.name for path in folder.glob("*/builder.py"))


def role_of(builder_type: str) -> str:
    """The role that launches, captures and publishes guests of this type."""
    return builder_type if _ROLE_NAME.match(builder_type) else f"{COLLECTION}.builder_{builder_type}"


def backend_of(builder_type: str) -> str:
    """Dotted name of the Python module with the type's ``BUILDER``.

    A type given as the role ``namespace.collection.builder_x`` has its backend in that
    collection's ``plugins/module_utils/builder_x.py``.
    """
    if _ROLE_NAME.match(builder_type):
        namespace, collection, role = builder_type.split(".")
        return f"ansible_collections.{namespace}.{collection}.plugins.module_utils.{role}"
    return f"{_BACKENDS}.{builder_type}.builder"


def load_backend(backend: str) -> Builder:
    """The ``BUILDER`` of a backend module.

    :raises GoldenError: when there is none.
    """
    try:
        module = importlib.import_module(backend)
    except ModuleNotFoundError as error:
        raise GoldenError(f"no builder backend {backend} ({error})") from error
    return t.cast(Builder, module.BUILDER)

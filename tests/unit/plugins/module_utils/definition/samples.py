# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A catalog of invented builders and post-processors, and a good definition."""

from __future__ import annotations

import typing as t

from ansible_collections.golden.images.plugins.module_utils._definition.catalog import Catalog
from ansible_collections.golden.images.plugins.module_utils._definition.model import Definition
from ansible_collections.golden.images.plugins.module_utils._definition.problems import InvalidError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Builder
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context, Operation
from ansible_collections.golden.images.plugins.module_utils._post_processors.contract import PostProcessor

Data = dict[str, t.Any]
Read = t.Callable[..., Definition]


class Box:
    """What a definition asks of a builder: options of every shape, no platform."""

    argument_spec: t.ClassVar[Data] = {
        "memory": {"type": "int", "aliases": ["ram"]},
        "mode": {"type": "str", "choices": ["fast", "slow"]},
        "region": {"type": "str", "required": True},
        "password": {"type": "int", "no_log": True},
        "tags": {"type": "list", "elements": "int"},
        "disk": {
            "type": "dict",
            "mutually_exclusive": [["size", "percent"]],
            "options": {"size": {"type": "int"}, "percent": {"type": "int"}, "path": {"type": "path", "required": True}},
        },
        "mounts": {"type": "list", "elements": "dict", "options": {"source": {"type": "path", "required": True}}},
    }
    source_spec: t.ClassVar[Data] = {"image": {"type": "str"}, "build": {"type": "dict", "options": {"context": {"type": "path"}}}}
    source_constraints: t.ClassVar[Data] = {"mutually_exclusive": [["image", "build"]], "required_one_of": [["image", "build"]]}
    connection = "golden.images.box"

    def validate(self, options: Data, source: Data) -> None:
        """Refuses one combination."""
        if options["memory"] == 13:
            raise GoldenError("13 is unlucky", hint="Take 12.")


def load_builder(kind: str) -> Builder:
    """Two types are known, a third party's is not installed."""
    if kind in ("box", "crate"):
        return t.cast(Builder, Box())
    raise GoldenError(f"no backend {kind}")


def check_provisioner(entry: Data, key: str, directory: str) -> None:
    """Only scripts and roles, and one that refuses."""
    if not {"script", "role", "generalize"} & set(entry):
        raise InvalidError(key, "neither script nor role")


def run(params: Data, context: Context) -> Data:
    """Never called while a definition is read."""
    raise NotImplementedError


CATALOG = Catalog(
    builder_types=("box", "crate"),
    load_builder=load_builder,
    check_provisioner=check_provisioner,
    provisioners=("generalize", "role", "script"),
    post_processors=lambda: {
        "checksum": PostProcessor(Operation({"artifact": {"type": "dict", "required": True}, "algorithms": {"type": "list", "elements": "str"}}, run), "x"),
        "upload": PostProcessor(Operation({"artifact": {"type": "dict", "required": True}, "url": {"type": "str", "required": True}}, run), "x"),
    },
)

DATA: Data = {
    "plugin": "golden.images.builds",
    "builders": {
        "small": {"type": "box", "region": "here", "source": {"image": "debian:12"}},
        "big": {"type": "crate", "region": "there", "memory": 4096, "source": {"image": "debian:12"}, "groups": ["heavy"], "vars": {"size": "big"}},
    },
    "images": {"web": {"version": "1.0.0", "provisioners": [{"role": "nginx"}]}},
}

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of images that are refused without asking, and what artifacts answer to the lifecycle."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.image_checks import check_image_options
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.image_options import CAPTURE_SPEC, PRUNE_SPEC, PUBLISH_SPEC
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.image_records import is_present, next_steps, source_of
from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact, ArtifactFile
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, GoldenError


def options(**given: t.Any) -> dict[str, t.Any]:
    checked = ArgumentSpecValidator({**CAPTURE_SPEC, **PUBLISH_SPEC, **PRUNE_SPEC}).validate(given)
    assert not checked.error_messages
    return dict(checked.validated_parameters)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"library": {"library": "images", "item": "{image}", "type": "vm_template", "folder": "library"}},
        {"image_type": "none", "export": {"directory": "/srv"}},
        {"retention": {"keep": 3, "max_age": "90d"}, "shutdown_command": "sudo poweroff"},
    ],
)
def test_what_can_be_is_taken(given: dict[str, t.Any]) -> None:
    check_image_options(options(**given))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"image_name": "{nothing}"}, "unknown placeholder"),
        ({"image_type": "none"}, "nothing would be left"),
        ({"image_type": "none", "export": {}, "image_tags": {"a": "b"}}, "image_tags and image_attributes"),
        ({"image_type": "none", "export": {}, "snapshot": "base"}, "a snapshot is of"),
        ({"shutdown_command": "x", "stop_mode": "off"}, "shutdown_command"),
        ({"keep_cdroms": 5}, "keep_cdroms"),
        ({"snapshot": ""}, "snapshot has no name"),
        ({"library": {"library": "images", "item": "{nothing}"}}, "library.item"),
        ({"library": {"library": "images", "cluster": "c"}}, "library.cluster"),
        ({"library": {"library": "images", "type": "vm_template", "flags": ["PRESERVE_MAC"]}}, "library.flags"),
        ({"library": {"library": "images", "type": "vm_template", "item": "web"}, "image_name": "web"}, "in the same folder"),
        ({"image_attributes": {"a": ["b"]}}, "image_attributes"),
        ({"retention": {"keep": -1}}, "retention.keep"),
        ({"retention": {"max_age": "old"}}, "is not an age"),
    ],
)
def test_what_cannot_be_is_refused_before_anybody_is_asked(given: dict[str, t.Any], text: str) -> None:
    with pytest.raises(GoldenError, match=text):
        check_image_options(options(**given))


def artifact(metadata: dict[str, t.Any], *files: ArtifactFile) -> Artifact:
    return Artifact("vm-2", "vsphere", "web.vsphere", "web", "vsphere", "1", "f", "vc", "2026-01-30T00:00:00Z", files=files, metadata=metadata)


OVA = ArtifactFile("/srv/web.ova", "ova", 1, "0")
ITEM = {"id": "i", "library": "images", "item": "web"}


@pytest.mark.parametrize(
    ("made", "source"),
    [
        (artifact({"is_template": True}), {"template": "vm-2"}),
        (artifact({"is_template": False}, OVA), {"vm": {"name": "vm-2"}}),
        (artifact({"removed": True, "library_item": ITEM}, OVA), {"library": {"library": "images", "item": "web"}}),
        (artifact({"removed": True}, OVA), {"ova": {"path": "/srv/web.ova"}}),
    ],
)
def test_a_guest_is_launched_from_what_is_left_of_an_image(made: Artifact, source: dict[str, t.Any]) -> None:
    assert source_of(made) == source


def test_nothing_is_left_to_launch_from() -> None:
    with pytest.raises(BuilderError, match="left nothing"):
        source_of(artifact({"removed": True}))


def test_an_artifact_whose_file_is_gone_is_not_there() -> None:
    assert not is_present(artifact({"removed": True}, OVA), t.cast(t.Any, None))


def test_people_are_told_what_they_can_do() -> None:
    steps = next_steps(artifact({"path": "/DC/vm/web", "library_item": ITEM}, OVA))
    assert steps == ["govc vm.clone -vm '/DC/vm/web' NAME", "govc library.deploy '/images/web' NAME", "govc import.ova -name NAME /srv/web.ova"]

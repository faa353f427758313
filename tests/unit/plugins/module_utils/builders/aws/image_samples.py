# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images, builds and artifacts as the tests of images need them."""

from __future__ import annotations

import contextlib
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._builders.aws import image_tags as tags
from ansible_collections.golden.images.plugins.module_utils._builders.aws.image import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact

from .conftest import StubbedAccount

Json = dict[str, t.Any]

IMAGE_ID, OTHER_ID, SNAPSHOT_ID = "ami-0aaaaaaaaaaaaaaaa", "ami-0bbbbbbbbbbbbbbbb", "snap-0aaaaaaaaaaaaaaaa"
INSTANCE_ID = "i-0aaaaaaaaaaaaaaaa"
RUN = "0123456789ab"
MARKS = {"golden.run": RUN, "golden.build": "web.aws", "golden.host": "here", "golden.expires": "2026-06-02T00:00:00Z"}
OWNER = {"golden.run": RUN, "golden.build": "web.aws"}
BUILD: Json = {
    "name": "web.aws",
    "image": "web",
    "builder": "aws",
    "version": "1.4.0",
    "run_id": RUN,
    "fingerprint": "f" * 64,
    "source": {"id": "ami-0123456789abcdef0"},
    "marks": MARKS,
    "labels": {"team": "shop"},
}


def image(image_id: str = IMAGE_ID, name: str = "web-1", state: str = "available", snapshot: str | None = SNAPSHOT_ID, **more: t.Any) -> Json:
    """As EC2 describes one; ``tags`` are given as a mapping."""
    given = more.pop("tags", {})
    volume: Json = {"VolumeSize": 8, "VolumeType": "gp3", "DeleteOnTermination": True, "Encrypted": False}
    if snapshot:
        volume["SnapshotId"] = snapshot
    return {
        "ImageId": image_id,
        "Name": name,
        "State": state,
        "Architecture": "x86_64",
        "RootDeviceName": "/dev/xvda",
        "VirtualizationType": "hvm",
        "EnaSupport": True,
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": volume}],
        "CreationDate": "2026-06-01T00:00:00.000Z",
        "Tags": [{"Key": key, "Value": value} for key, value in given.items()],
        **more,
    }


def windows(**more: t.Any) -> Json:
    """An image that is billed by what it is."""
    return image(Platform="windows", PlatformDetails="Windows", UsageOperation="RunInstances:0002", **more)


def artifact(region: str = "eu-west-1", image_id: str = IMAGE_ID, **more: t.Any) -> Artifact:
    """A captured image's."""
    metadata = {
        "region": region,
        "images": {region: image_id},
        "snapshots": {region: [SNAPSHOT_ID]},
        "name": "web-1",
        "origin": f"{region}/{image_id}",
        **more,
    }
    return Artifact(
        id=image_id,
        type="aws",
        build="web.aws",
        image="web",
        builder="aws",
        version="1.4.0",
        fingerprint="f" * 64,
        location=region,
        created="2026-06-01T00:00:00Z",
        source={"id": "ami-0123456789abcdef0"},
        metadata=metadata,
    )


def published(**more: t.Any) -> Json:
    """Tags of an image that people may use."""
    return {tags.STATE: tags.PUBLISHED, tags.BUILD: "web.aws", **more}


def captured(**more: t.Any) -> Json:
    """Tags of an image that only its build may use."""
    return {tags.STATE: tags.CAPTURED, **MARKS, **more}


def image_params(**given: t.Any) -> Json:
    """Validated arguments of ``aws_image``, which looks often."""
    waits = ("stop_wait", "volume_wait", "snapshot_wait", "image_wait", "copy_wait", "fast_launch_wait")
    often = {name: {"timeout": 5, "interval": 0.01} for name in waits}
    checked = ArgumentSpecValidator(OPERATION.argument_spec, **OPERATION.constraints).validate({"guest": "golden-web", **often, **given})
    assert not checked.error_messages, checked.error_messages
    return dict(checked.validated_parameters)


@contextlib.contextmanager
def in_region(aws: StubbedAccount, region: str) -> t.Iterator[StubbedAccount]:
    """Expectations of the same account's clients in another region."""
    stubbed = StubbedAccount(aws.account.in_region(region))
    yield stubbed
    stubbed.close()

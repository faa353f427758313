# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finished image goes to further regions and accounts without being built again; pruning says whom it is not for."""

from __future__ import annotations

import typing as t

from tests.rigs.aws.rig import REGION, SECOND_REGION, AwsRig

from .workspace import Workspace, builder

PARTNER = "210987654321"


def define(workspace: Workspace, **options: t.Any) -> None:
    image = {"version": "1.0.0", "provisioners": [{"role": "page", "vars": {"page_text": "A page"}}]}
    builders = {
        "aws": builder(workspace.rig, image_name="{image}-{version}", **options),
        "docker": {"type": "docker", "source": {"image": "x"}},
    }
    workspace.define({"web": {**image, "builders": ["aws"]}, "other": {**image, "builders": ["docker"]}}, **builders)


def images(aws: AwsRig, region: str) -> dict[str, str]:
    return {image["Name"]: image["ImageId"] for image in aws.cli("ec2", "describe-images", "--owners", "self", region=region)["Images"]}


def test_a_further_region_is_published_and_nothing_is_built(workspace: Workspace, aws: AwsRig) -> None:
    define(workspace)
    workspace.run("--limit", "web.aws").ok()
    built = images(aws, REGION)
    assert list(built) == ["web-1.0.0"] and not images(aws, SECOND_REGION)
    before = len(aws.calls("CreateImage")), len(aws.calls("RunInstances"))
    define(workspace, copy_regions=[SECOND_REGION], launch_permissions={"users": [PARTNER]}, image_tags={"team": "web"})
    workspace.run("--limit", "web.aws").ok()
    assert images(aws, REGION) == built and list(images(aws, SECOND_REGION)) == ["web-1.0.0"]
    assert (len(aws.calls("CreateImage")), len(aws.calls("RunInstances"))) == before
    for region, ami in ((REGION, built["web-1.0.0"]), (SECOND_REGION, images(aws, SECOND_REGION)["web-1.0.0"])):
        shared = aws.cli("ec2", "describe-image-attribute", "--image-id", ami, "--attribute", "launchPermission", region=region)
        assert shared["LaunchPermissions"] == [{"UserId": PARTNER}]
        (known,) = aws.cli("ec2", "describe-images", "--image-ids", ami, region=region)["Images"]
        assert {"Key": "team", "Value": "web"} in known["Tags"]
    assert workspace.artifact("web.aws")["metadata"]["images"] == {REGION: built["web-1.0.0"], SECOND_REGION: images(aws, SECOND_REGION)["web-1.0.0"]}
    assert "1 build: 1 up to date" in workspace.run("--limit", "web.aws").ok().stdout


def test_prune_says_whom_it_is_not_for(workspace: Workspace) -> None:
    define(workspace)
    output = workspace.run(playbook="golden.images.prune").ok().stdout
    assert "web.aws: the builder has no retention, so all its images stay" in output
    assert "other.docker: builders of the type docker have nothing to prune" in output

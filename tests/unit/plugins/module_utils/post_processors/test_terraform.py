# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Terraform is told: of each platform, of several builds, of newer and older artifacts."""

from __future__ import annotations

import concurrent.futures
import json

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import ArtifactFile
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, GoldenError
from ansible_collections.golden.images.plugins.module_utils._post_processors import terraform
from ansible_collections.golden.images.plugins.module_utils._post_processors._terraform_files import SECTIONS, entry_of, module_of

KEYS = {"version", "created", "architecture", *SECTIONS}


@pytest.fixture
def values(tmp_path):
    """What is in the file of values."""
    return lambda name="golden_images": json.loads((tmp_path / "output" / f"{name}.auto.tfvars.json").read_text())


@pytest.fixture
def outputs(tmp_path):
    """What is in the module."""
    return lambda: json.loads((tmp_path / "output" / "golden_images" / "outputs.tf.json").read_text())["output"]


def aws(artifact, **changes):
    """An artifact as the builder aws publishes it."""
    metadata = {"images": {"eu-west-1": "ami-1", "us-east-1": "ami-2"}, "architecture": "x86_64"}
    return artifact.replace(**{"id": "ami-1", "type": "aws", "build": "web.aws", "builder": "aws", "files": (), "metadata": metadata, **changes})


def test_files_with_checksums(process, values, output):
    result = process(terraform.OPERATION, kinds=["oci.tar"])
    assert result["changed"]
    entry = values()["golden_images"]["web"]["local"]
    assert set(entry) == KEYS
    assert (entry["version"], entry["created"], entry["ids"]) == ("1.0.0", "2026-01-31T12:00:00Z", {"local": "sha256:abc"})
    [(kind, file)] = entry["files"].items()
    assert (kind, file["path"], file["size"]) == ("oci.tar", str(output / "web-1.0.0-local.oci.tar"), 300)
    assert len(file["sha256"]) == 64
    assert not process(terraform.OPERATION, kinds=["oci.tar"])["changed"]


def test_amis_of_several_builders_by_place(process, artifact, outputs):
    process(terraform.OPERATION, aws(artifact, build="web.old", builder="old", created="2026-01-01T12:00:00Z", metadata={"images": {"eu-west-1": "ami-0"}}))
    process(terraform.OPERATION, aws(artifact))
    arm = {"images": {"eu-west-1": "ami-3"}, "architecture": "arm64"}
    process(terraform.OPERATION, aws(artifact, build="web.arm", builder="arm", metadata=arm))
    newer = {"images": {"eu-west-1": "ami-4"}, "architecture": "x86_64"}
    process(terraform.OPERATION, aws(artifact, build="web.more", builder="a-newer-one", created="2026-02-01T12:00:00Z", metadata=newer))
    assert outputs()["amis"]["value"]["web"] == {
        "arm64": {"eu-west-1": "ami-3"},
        "unknown": {"eu-west-1": "ami-0"},
        "x86_64": {"eu-west-1": "ami-4", "us-east-1": "ami-2"},
    }
    assert sorted(outputs()["images"]["value"]["web"]) == ["a-newer-one", "arm", "aws", "old"]


def test_containers_have_digests(artifact):
    digest = f"sha256:{'a' * 64}"
    pushed = {"docker_digests": {"localhost:5000/team/web:1.0.0": digest, "team/web:latest": digest}}
    entry = entry_of(artifact.replace(type="docker", metadata=pushed), (), None)
    assert entry["containers"] == {"localhost:5000/team/web": f"localhost:5000/team/web@{digest}", "team/web": f"team/web@{digest}"}
    assert entry_of(artifact.replace(type="docker", metadata={"tags": ["team/web:1"]}), (), None)["containers"] == {}


def test_templates_and_items_of_libraries(artifact):
    item = {"id": "item-1", "library": "golden", "item": "web", "type": "vm-template", "version": "3"}
    metadata = {"path": "/dc/vm/golden/web", "name": "web", "is_template": True, "library_item": item}
    entry = entry_of(artifact.replace(id="vm-7", type="vsphere", metadata=metadata), (), None)
    assert entry["templates"] == {
        "path": "/dc/vm/golden/web",
        "name": "web",
        "moid": "vm-7",
        "library": "golden",
        "library_item": "web",
        "library_item_id": "item-1",
    }
    removed = artifact.replace(id="vm-7", type="vsphere", metadata={**metadata, "removed": True})
    assert entry_of(removed, (), None)["templates"] == {"library": "golden", "library_item": "web", "library_item_id": "item-1"}


def test_files_of_one_kind_and_relative_paths(process, artifact, values, output):
    disks = tuple(ArtifactFile(str(output / name), kind, 1, "0" * 64) for name, kind in (("a", "vmdk"), ("b", "vmdk"), ("c", "vmdk"), ("d", "ovf")))
    process(terraform.OPERATION, artifact.replace(files=disks), relative_paths=True)
    files = values()["golden_images"]["web"]["local"]["files"]
    assert {kind: file["path"] for kind, file in files.items()} == {
        "vmdk": "web/1.0.0/local/a",
        "vmdk-2": "web/1.0.0/local/b",
        "vmdk-3": "web/1.0.0/local/c",
        "ovf": "web/1.0.0/local/d",
    }


def test_an_older_artifact_changes_nothing_and_a_newer_one_everything(process, artifact, values):
    process(terraform.OPERATION, aws(artifact))
    assert not process(terraform.OPERATION, aws(artifact, created="2025-01-01T00:00:00Z", version="0.9"))["changed"]
    assert values()["golden_images"]["web"]["aws"]["version"] == "1.0.0"
    process(terraform.OPERATION, aws(artifact, created="2026-03-01T00:00:00Z", version="1.1.0", metadata={"images": {"us-east-1": "ami-9"}}))
    entry = values()["golden_images"]["web"]["aws"]
    assert (entry["version"], entry["amis"], entry["architecture"]) == ("1.1.0", {"us-east-1": "ami-9"}, "unknown")


def test_chains_of_one_build_tell_of_the_same_artifact(process, artifact, values):
    made = artifact.replace(id="sha256:def", type="docker_import", files=(), metadata={"docker_digests": {"team/web:1": "sha256:1"}})
    process(terraform.OPERATION)
    process(terraform.OPERATION, made)
    entry = values()["golden_images"]["web"]["local"]
    assert entry["ids"] == {"local": "sha256:abc", "docker_import": "sha256:def"}
    assert (sorted(entry["files"]), entry["containers"]) == (["oci.tar", "rootfs.tar"], {"team/web": "team/web@sha256:1"})
    assert not process(terraform.OPERATION)["changed"]
    assert not process(terraform.OPERATION, made)["changed"]


def test_check_mode_and_the_difference(process, context, tmp_path):
    context.check_mode = context.diff = True
    result = process(terraform.OPERATION)
    assert result["changed"]
    assert [part["before"] for part in result["diff"]] == [{}, {}]
    assert not list((tmp_path / "output").glob("*golden*"))


def test_a_folder_a_name_and_no_module(process, tmp_path):
    result = process(terraform.OPERATION, folder=str(tmp_path / "root"), name="images", module=False)
    assert result["module_path"] == ""
    assert sorted(path.name for path in (tmp_path / "root").iterdir()) == [".images.lock", "images.auto.tfvars.json"]
    assert set(json.loads((tmp_path / "root" / "images.auto.tfvars.json").read_text())) == {"images"}


def test_texts_of_the_module_are_no_templates(artifact):
    entry = entry_of(artifact.replace(version="${path.root} %{if}", files=()), (), None)
    value = module_of({"w${eb}": {"local": entry}})["output"]["images"]["value"]
    assert value["w$${eb}"]["local"]["version"] == "$${path.root} %%{if}"


def test_builds_side_by_side_keep_each_others_entries(process, artifact, values, outputs):
    def build(number: int) -> None:
        process(terraform.OPERATION, artifact.replace(build=f"web.b{number}", builder=f"b{number}"))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(build, range(24)))
    wanted = {f"b{number}" for number in range(24)}
    assert set(values()["golden_images"]["web"]) == set(outputs()["images"]["value"]["web"]) == wanted


def test_the_same_whatever_the_order(process, artifact, tmp_path):
    made = [artifact.replace(builder=f"b{number}", created=f"2026-01-0{number}T00:00:00Z") for number in (1, 2, 3)]
    texts = []
    for order in ((0, 1, 2), (2, 0, 1)):
        folder = tmp_path / str(order[0])
        for number in order:
            process(terraform.OPERATION, made[number], folder=str(folder))
        texts.append([(folder / name).read_bytes() for name in ("golden_images.auto.tfvars.json", "golden_images/outputs.tf.json")])
    assert texts[0] == texts[1]


def test_other_values_of_the_file_stay(process, values, tmp_path):
    path = tmp_path / "output" / "golden_images.auto.tfvars.json"
    path.write_text('{"region": "eu-west-1"}')
    process(terraform.OPERATION)
    assert values()["region"] == "eu-west-1"


@pytest.mark.parametrize("content", ["{", "[]", '{"golden_images": ["x"]}', '{"golden_images": {"web": {"local": {"ids": {}}}}}'])
def test_what_others_wrote_is_not_overwritten(process, tmp_path, content):
    path = tmp_path / "output" / "golden_images.auto.tfvars.json"
    path.write_text(content)
    with pytest.raises(GoldenError, match="is not"):
        process(terraform.OPERATION)
    assert path.read_text() == content


@pytest.mark.parametrize("name", ["", "a b", "1st", "../x", "a.b"])
def test_names_that_cannot_be_one(process, name):
    with pytest.raises(BuilderError, match="cannot be the name of a variable"):
        process(terraform.OPERATION, name=name)

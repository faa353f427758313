# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Vagrant boxes: what is in them, and the catalog."""

from __future__ import annotations

import concurrent.futures
import io
import json
import pathlib
import tarfile

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._post_processors import vagrant_box
from ansible_collections.golden.images.plugins.module_utils._post_processors._artifact_files import recorded
from ansible_collections.golden.images.plugins.module_utils._post_processors._vagrant_catalog import merged_catalog

OVF = """<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:vbox="http://www.virtualbox.org/ovf/machine">
  <References><File ovf:id="file1" ovf:href="web-disk001.vmdk"/></References>
  <VirtualSystem ovf:id="web"><vbox:Machine><vbox:Hardware><vbox:Network>
    <vbox:Adapter slot="0" enabled="false" MACAddress="080027000000"/>
    <vbox:Adapter slot="1" enabled="true" MACAddress="080027AABBCC"/>
  </vbox:Network></vbox:Hardware></vbox:Machine></VirtualSystem>
</Envelope>
"""
DISK = bytes(range(256)) * 1000
APPLIANCE = {"web.ovf": OVF.encode(), "web-disk001.vmdk": DISK, "web.mf": f"SHA256(web.ovf)= {'0' * 64}\n".encode()}


def qcow2(size: int, backing: int = 0) -> bytes:
    return b"QFI\xfb" + (3).to_bytes(4, "big") + backing.to_bytes(8, "big") + bytes(8) + size.to_bytes(8, "big") + bytes(100)


@pytest.fixture
def made(artifact, output):
    """An artifact of files: kind to content."""

    def make(kinds: dict[str, bytes], **changes: object) -> Artifact:
        files = []
        for kind, content in kinds.items():
            path = output / (kind if "/" in kind or kind.count(".") > 1 else f"web-1.0.0-local.{kind}")
            path.write_bytes(content)
            files.append(recorded(path, kind.rpartition(".")[2] if kind.count(".") > 1 else kind))
        return artifact.replace(**{"files": tuple(files), **changes})

    return make


@pytest.fixture
def ova(made):
    return made({"ova": packed(APPLIANCE)}, type="virtualbox", metadata={"architecture": "x86_64"})


def packed(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def contents(result: dict) -> dict[str, bytes]:
    with tarfile.open(result["path"], "r:gz") as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}


def metadata(result: dict) -> dict:
    return json.loads(contents(result)["metadata.json"])


def vagrantfile(result: dict) -> str:
    return contents(result)["Vagrantfile"].decode()


def test_an_ova_is_unpacked(process, ova, output):
    result = process(vagrant_box.OPERATION, given=ova)
    assert result["path"] == str(output / "web-1.0.0-local.box")
    assert list(contents(result)) == ["metadata.json", "Vagrantfile", "box.ovf", "web-disk001.vmdk"]
    assert contents(result)["box.ovf"] == OVF.encode()
    assert contents(result)["web-disk001.vmdk"] == DISK
    assert metadata(result) == {"provider": "virtualbox", "architecture": "amd64"}
    assert vagrantfile(result) == "Vagrant.configure(\"2\") do |config|\n  config.vm.base_mac = '080027AABBCC'\nend\n"
    artifact = Artifact.from_dict(result["artifact"])
    assert [(file.kind, file.path) for file in artifact.files] == [("box", result["path"])]
    assert artifact.type == "vagrant_box"
    assert artifact.metadata["vagrant"] == {"provider": "virtualbox", "architecture": "amd64"}
    assert pathlib.Path(ova.files[0].path).exists()


def test_an_ovf_with_its_files(process, made):
    result = process(vagrant_box.OPERATION, given=made({"a.web.ovf": OVF.replace("web-disk001", "b.web").encode(), "b.web.vmdk": DISK, "c.web.mf": b"x"}))
    assert list(contents(result)) == ["metadata.json", "Vagrantfile", "box.ovf", "b.web.vmdk"]


def test_a_second_run_changes_nothing_and_the_level_counts(process, ova):
    assert process(vagrant_box.OPERATION, given=ova)["changed"]
    assert not process(vagrant_box.OPERATION, given=ova)["changed"]
    size = pathlib.Path(process(vagrant_box.OPERATION, given=ova, level=0, output="big.box")["path"]).stat().st_size
    assert size > len(DISK) > 5 * pathlib.Path(process(vagrant_box.OPERATION, given=ova, level=9)["path"]).stat().st_size
    with pytest.raises(GoldenError, match="level 11"):
        process(vagrant_box.OPERATION, given=ova, level=11)


def test_check_mode_writes_nothing(process, ova, context, output):
    context.check_mode = True
    before = set(output.iterdir())
    assert process(vagrant_box.OPERATION, given=ova, catalog={"name": "team/web"})["changed"]
    assert set(output.iterdir()) == before
    assert not (output.parents[1] / "metadata.json").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (packed(APPLIANCE)[: 20 * 512], "is not a whole OVA"),
        (b"\x1f\x8b rubbish" * 100, "is not a whole OVA"),
        (packed({"web.ovf": OVF.encode()}), "is not whole: web-disk001.vmdk, which its description names, is missing"),
        (packed({"web-disk001.vmdk": DISK}), "is no OVA: it has no descriptions"),
        (packed({"web.ovf": b"<Envelope", "web-disk001.vmdk": DISK}), "is no description of an appliance"),
    ],
)
def test_a_broken_ova_is_refused(process, made, output, content, message):
    given = made({"ova": content})
    before = set(output.iterdir())
    with pytest.raises(GoldenError, match=message):
        process(vagrant_box.OPERATION, given=given)
    assert set(output.iterdir()) == before


def test_plain_disks_are_no_appliance(process, made):
    with pytest.raises(GoldenError, match=r"made of one appliance, and the artifact .* has 0. Export it as one OVA or OVF"):
        process(vagrant_box.OPERATION, given=made({"disk1.vmdk": DISK}, type="virtualbox"))


def test_one_qcow2_disk_in_the_older_format(process, made):
    disk = qcow2(10 * 1024**3 + 1)
    result = process(vagrant_box.OPERATION, given=made({"qcow2": disk}))
    assert metadata(result) == {"provider": "libvirt", "format": "qcow2", "virtual_size": 11}
    assert contents(result)["box.img"] == disk
    assert "libvirt.driver = 'kvm'" in vagrantfile(result)


def test_several_disks_in_the_newer_format(process, made):
    given = made({"qcow2": qcow2(1024**3), "raw": b"r" * 1000}, metadata={"domain_type": "qemu"})
    result = process(vagrant_box.OPERATION, given=given, architecture="aarch64")
    assert metadata(result) == {
        "provider": "libvirt",
        "architecture": "arm64",
        "disks": [{"path": "box_0.img", "format": "qcow2"}, {"path": "box_1.img", "format": "raw"}],
    }
    assert contents(result)["box_1.img"] == b"r" * 1000
    assert "libvirt.driver = 'qemu'" in vagrantfile(result)
    with pytest.raises(GoldenError, match="has 2 disks, and metadata_format: 1 knows one"):
        process(vagrant_box.OPERATION, given=given, metadata_format=1)


def test_a_disk_with_a_backing_file_is_refused(process, made):
    with pytest.raises(GoldenError, match=r"its backing file. Make it whole with: qemu-img convert"):
        process(vagrant_box.OPERATION, given=made({"qcow2": qcow2(1024, backing=512)}))


def test_docker(process, artifact):
    given = artifact.replace(type="docker", files=(), metadata={"tags": ["team/we'b:1.0.0", "team/web:latest"]})
    result = process(vagrant_box.OPERATION, given=given)
    assert metadata(result) == {"provider": "docker"}
    assert r"docker.image = 'team/we\'b:1.0.0'" in vagrantfile(result)
    with pytest.raises(GoldenError, match=r"has no name. Put docker_tag before it"):
        process(vagrant_box.OPERATION, given=given.replace(metadata={}))


def test_aws(process, artifact):
    given = artifact.replace(type="aws", files=(), metadata={"images": {"us-east-1": "ami-2", "eu-west-1": "ami-1"}, "architecture": "arm64"})
    result = process(vagrant_box.OPERATION, given=given)
    assert metadata(result) == {"provider": "aws", "architecture": "arm64"}
    assert "  aws.region_config 'eu-west-1', ami: 'ami-1'\n    aws.region_config 'us-east-1', ami: 'ami-2'\n" in vagrantfile(result)


def test_vmware(process, made):
    result = process(vagrant_box.OPERATION, given=made({"vmx": b"config", "vmdk": b"disk"}))
    assert list(contents(result)) == ["metadata.json", "Vagrantfile", "web-1.0.0-local.vmx", "web-1.0.0-local.vmdk"]
    assert vagrantfile(result) == ""
    with pytest.raises(GoldenError, match="has no vmx file"):
        process(vagrant_box.OPERATION, given=made({"vmdk": b"disk"}), provider="vmware_desktop")


def test_what_no_provider_runs(process):
    with pytest.raises(GoldenError, match=r"no provider .* \(local, rootfs.tar, oci.tar\). Give the option provider"):
        process(vagrant_box.OPERATION)


def test_a_vagrantfile_and_further_files(process, ova, tmp_path):
    own = tmp_path / "Own.rb"
    own.write_text("# mine\n")
    info = tmp_path / "info.json"
    info.write_text("{}")
    result = process(vagrant_box.OPERATION, given=ova, vagrantfile=str(own), include=[str(info)])
    assert vagrantfile(result).endswith("end\n\n# mine\n")
    assert contents(result)["info.json"] == b"{}"
    text = process(vagrant_box.OPERATION, given=ova, vagrantfile_content="# text\n")
    assert vagrantfile(text).endswith("\n# text\n")
    clashing = tmp_path / "box.ovf"
    clashing.touch()
    for options, message in [
        ({"include": [str(clashing)]}, "two files called box.ovf"),
        ({"include": ["/none"]}, "no file /none"),
        ({"vagrantfile": "/none"}, "/none cannot be read: No such file"),
    ]:
        with pytest.raises(GoldenError, match=message):
            process(vagrant_box.OPERATION, given=ova, **options)


def test_the_box_does_not_overwrite_what_it_is_made_of(process, ova):
    with pytest.raises(GoldenError, match="would be overwritten"):
        process(vagrant_box.OPERATION, given=ova, output="web-1.0.0-local.ova")


CATALOG = {"name": "team/web", "base_url": "https://boxes.example.org/web/", "description": "Web servers"}


def test_the_catalog_grows(process, ova, made, output, context):
    context.diff = True
    path = output.parents[1] / "metadata.json"
    first = process(vagrant_box.OPERATION, given=ova, catalog=CATALOG)
    assert first["catalog"] == str(path)
    assert first["artifact"]["metadata"]["vagrant"] == {"provider": "virtualbox", "architecture": "amd64", "name": "team/web", "catalog": str(path)}
    entry = {
        "name": "virtualbox",
        "url": "https://boxes.example.org/web/web-1.0.0-local.box",
        "checksum_type": "sha256",
        "checksum": first["artifact"]["files"][0]["sha256"],
        "architecture": "amd64",
        "default_architecture": False,
    }
    catalog = json.loads(path.read_text())
    assert catalog == {"name": "team/web", "description": "Web servers", "versions": [{"version": "1.0.0", "status": "active", "providers": [entry]}]}
    assert first["diff"]["before"] == {}
    assert first["diff"]["after"] == catalog
    assert not process(vagrant_box.OPERATION, given=ova, catalog=CATALOG)["changed"]
    process(vagrant_box.OPERATION, given=made({"qcow2": qcow2(1)}), catalog=CATALOG, output="libvirt.box")
    newer = {**CATALOG, "version": "1.10.0", "version_description": "Faster", "description": None, "base_url": None}
    process(vagrant_box.OPERATION, given=ova, catalog=newer)
    versions = json.loads(path.read_text())["versions"]
    assert [(item["version"], [provider["name"] for provider in item["providers"]]) for item in versions] == [
        ("1.0.0", ["libvirt", "virtualbox"]),
        ("1.10.0", ["virtualbox"]),
    ]
    assert versions[1]["description_markdown"] == "Faster"
    assert versions[1]["providers"][0]["url"] == f"file://{output}/web-1.0.0-local.box"


def test_versions_are_in_order():
    options = {"name": "a/b", "description": None, "version_description": None}
    catalog = None
    for version in ("1.10.0", "1.9.0", "2.0.0-rc1", "2.0.0", "1.9.0"):
        catalog = merged_catalog(catalog, options, version, {"name": "docker"})
    assert [item["version"] for item in catalog["versions"]] == ["1.9.0", "1.10.0", "2.0.0-rc1", "2.0.0"]


def test_what_else_is_in_a_catalog_stays_and_another_boxs_is_refused(process, ova, output):
    path = output.parents[1] / "metadata.json"
    path.write_text(json.dumps({"name": "team/web", "x": 1, "versions": [{"version": "0.1", "status": "revoked", "providers": []}]}))
    process(vagrant_box.OPERATION, given=ova, catalog=CATALOG)
    catalog = json.loads(path.read_text())
    assert catalog["x"] == 1
    assert catalog["versions"][0] == {"version": "0.1", "status": "revoked", "providers": []}
    with pytest.raises(GoldenError, match="that of team/web, not of team/db"):
        process(vagrant_box.OPERATION, given=ova, catalog={"name": "team/db"})
    path.write_text("[")
    with pytest.raises(GoldenError, match="is not a box catalog"):
        process(vagrant_box.OPERATION, given=ova, catalog=CATALOG)


def test_builds_that_end_together_lose_no_entry(process, ova, output):
    def add(number: int) -> None:
        process(vagrant_box.OPERATION, given=ova, catalog={**CATALOG, "version": f"1.{number}"})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(16)))
    assert len(json.loads((output.parents[1] / "metadata.json").read_text())["versions"]) == 16


@pytest.mark.parametrize(
    ("changes", "message"), [({"name": "web"}, "as in team/web"), ({"version": "1.0+5"}, "no version for Vagrant"), ({"version": "latest"}, "no version")]
)
def test_what_vagrant_would_refuse(process, ova, output, changes, message):
    before = set(output.iterdir())
    with pytest.raises(GoldenError, match=message):
        process(vagrant_box.OPERATION, given=ova, catalog={**CATALOG, **changes})
    assert set(output.iterdir()) == before

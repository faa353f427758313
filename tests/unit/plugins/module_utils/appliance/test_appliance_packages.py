# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of appliances and their manifests."""

from __future__ import annotations

import hashlib
import io
import tarfile

import pytest

from ansible_collections.golden.images.plugins.module_utils._appliance import packing
from ansible_collections.golden.images.plugins.module_utils._appliance.manifest import ALGORITHMS, Entry, Manifest
from ansible_collections.golden.images.plugins.module_utils._appliance.package import open_package
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError

DISK = b"content"


def manifest(ovf: bytes, algorithm: str = "sha256", disk: bytes = DISK) -> bytes:
    files = {"web.ovf": ovf, "web-disk001.vmdk": disk}
    return Manifest.of(algorithm, {name: hashlib.new(algorithm, data).hexdigest() for name, data in files.items()}).data


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_whole_ova(ova, ovf, algorithm):
    package = open_package(ova({"web.ovf": ovf, "web.mf": manifest(ovf, algorithm), "web-disk001.vmdk": DISK}))
    assert package.descriptor_name == "web.ovf"
    assert package.descriptor.name == "guest-1"
    assert package.verify() == {
        "web.ovf": hashlib.sha256(ovf).hexdigest(),
        "web.mf": hashlib.sha256(manifest(ovf, algorithm)).hexdigest(),
        "web-disk001.vmdk": hashlib.sha256(DISK).hexdigest(),
    }
    with package.stream("web-disk001.vmdk") as stream:
        assert stream.read(3) + stream.read() == DISK


def test_a_folder(tmp_path, ovf):
    for name, content in (("web.ovf", ovf), ("web-disk001.vmdk", DISK), ("web.mf", manifest(ovf)), ("unrelated", b"x")):
        (tmp_path / name).write_bytes(content)
    package = open_package(tmp_path / "web.ovf")
    assert [member.name for member in package.members] == ["web.ovf", "web.mf", "web-disk001.vmdk"]
    assert set(package.verify()) == {"web.ovf", "web.mf", "web-disk001.vmdk"}


def test_without_a_manifest_sizes_are_checked(ova, ovf):
    open_package(ova({"web.ovf": ovf, "web-disk001.vmdk": DISK})).verify()
    with pytest.raises(BuilderError, match="has 6 bytes, its description says 7"):
        open_package(ova({"web.ovf": ovf, "web-disk001.vmdk": DISK[1:]})).verify()


def test_another_content_is_found(ova, ovf):
    with pytest.raises(BuilderError, match=r"web-disk001\.vmdk has another sha1"):
        open_package(ova({"web.ovf": ovf, "web.mf": manifest(ovf, "sha1", b"CONTENT"), "web-disk001.vmdk": DISK})).verify()


def test_what_is_missing_is_named(ova, ovf):
    with pytest.raises(BuilderError, match=r"not whole: web-disk001\.vmdk"):
        open_package(ova({"web.ovf": ovf})).check_whole()
    with pytest.raises(BuilderError, match=r"has no file web-disk001\.vmdk"):
        open_package(ova({"web.ovf": ovf.replace(b'<File ovf:id="file1"', b'<Fil ovf:id="file1"'), "web.mf": manifest(ovf)})).member("web-disk001.vmdk")


def test_a_file_in_pieces_is_refused(ova, ovf):
    with pytest.raises(BuilderError, match="in several pieces"):
        open_package(ova({"web.ovf": ovf.replace(b'ovf:size="7"', b'ovf:chunkSize="2"')})).check_whole()


@pytest.mark.parametrize("length", [100, 513, 2 * 512 + 100, 5 * 512])
def test_a_truncated_ova_is_refused(ova, ovf, length):
    path = ova({"web.ovf": ovf, "web-disk001.vmdk": bytes(5000)})
    with open(path, "r+b") as stream:
        stream.truncate(length)
    with pytest.raises(BuilderError, match=r"Fetch or make it again"):
        open_package(path).check_whole()


@pytest.mark.parametrize("name", ["../web.vmdk", "/etc/web.vmdk", "folder/web.vmdk", ".."])
def test_names_that_lead_elsewhere_are_refused(ova, tmp_path, ovf, name):
    with pytest.raises(BuilderError, match="not the name of a file beside"):
        open_package(ova({"web.ovf": ovf, name: DISK}))
    (tmp_path / "web.ovf").write_bytes(ovf.replace(b"web-disk001.vmdk", name.encode()))
    with pytest.raises(BuilderError, match="not the name of a file beside"):
        open_package(tmp_path / "web.ovf")


def test_links_and_doubles_are_refused(ova, ovf):
    link = tarfile.TarInfo("web-disk001.vmdk")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(BuilderError, match="as something else than a file"):
        open_package(ova({"web.ovf": ovf}, link))
    with pytest.raises(BuilderError, match=r"web\.ovf twice"):
        open_package(ova({"web.ovf": ovf}, tarfile.TarInfo("web.ovf")))


def test_what_is_no_package(tmp_path, ova):
    with pytest.raises(BuilderError, match="cannot be read: No such file"):
        open_package(tmp_path / "missing.ova")
    with pytest.raises(BuilderError, match="has no descriptions"):
        open_package(ova({"web.vmdk": b""}))


def test_manifests_as_others_write_them():
    digest = "AB" * 32
    found = Manifest.parse(f"SHA256 (web.ovf) = {digest}\r\n\nSHA-256(a b.vmdk)={digest}\n".encode(), "web.mf")
    assert found.entries == {name: Entry("sha256", digest.lower()) for name in ("web.ovf", "a b.vmdk")}
    assert Manifest.parse(found.data, "web.mf") == found


@pytest.mark.parametrize("line", ["nothing", "SHA256(web.ovf)= abc", "MD5(web.ovf)= " + "0" * 32, f"SHA1(a)= {'0' * 40}\nSHA1(a)= {'1' * 40}"])
def test_what_is_no_manifest(line):
    with pytest.raises(BuilderError, match=r"web\.mf (is no manifest|has two digests)"):
        Manifest.parse(line.encode(), "web.mf")


def test_what_is_packed_can_be_read(tmp_path, ovf):
    disk = tmp_path / "disk"
    disk.write_bytes(DISK)
    described, content = packing.Part("web.ovf", ovf), packing.Part("web-disk001.vmdk", disk)
    summed = packing.Part("web.mf", packing.manifest_of([described, content], "sha512").data)
    target = tmp_path / "web.ova"
    with open(target, "wb") as stream:
        packing.write_ova(stream, [described, summed, content], 0)
    assert [member.name for member in open_package(target).members] == ["web.ovf", "web.mf", "web-disk001.vmdk"]
    open_package(target).verify()
    again = io.BytesIO()
    packing.write_ova(again, [described, summed, content], 0)
    assert again.getvalue() == target.read_bytes()
    assert tarfile.TarFile.open(target).getmembers()[0].mode == 0o644


def test_large_disks_fit(tmp_path, monkeypatch, ovf):
    monkeypatch.setattr(packing, "_MOST_USTAR", 3)
    target = tmp_path / "web.ova"
    with open(target, "wb") as stream:
        packing.write_ova(stream, [packing.Part("web.ovf", ovf), packing.Part("web-disk001.vmdk", DISK)], 0)
    assert target.read_bytes()[257:265] == b"ustar  \0"
    open_package(target).verify()

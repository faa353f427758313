# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checksums given as digests and as files of digests, in the formats that publishers use."""

from __future__ import annotations

import hashlib
import subprocess

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._media.checksums import find_digest, parse_digest
from ansible_collections.golden.images.plugins.module_utils._media.installer import expected_digest

ONE, TWO = hashlib.sha256(b"1").hexdigest(), hashlib.sha256(b"2").hexdigest()
STRONG = hashlib.sha512(b"1").hexdigest()
WEAK = hashlib.md5(b"1", usedforsecurity=False).hexdigest()
SIGNED = f"""-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

# one.iso: 1 bytes
SHA256 (one.iso) = {ONE}
SHA256 (two.iso) = {TWO}
-----BEGIN PGP SIGNATURE-----

iQIzBAEBCAAdFiEEwD
"""


@pytest.mark.parametrize("text", [f"sha256:{ONE}", ONE, f" SHA256:{ONE.upper()} "])
def test_digests(text):
    assert str(parse_digest(text)) == f"sha256:{ONE}"


@pytest.mark.parametrize("text", [f"sha512:{ONE}", "sha256:12", "none", "", f"sha256:{'x' * 64}"])
def test_what_is_no_digest(text):
    with pytest.raises(GoldenError, match=r"checksum: .* is not a checksum. Write sha256: and 64 hex digits"):
        parse_digest(text)


@pytest.mark.parametrize(
    "sums",
    [
        f"{TWO}  two.iso\n{ONE}  one.iso\n",
        f"{ONE} *one.iso\n",
        f"{ONE}  ./dvd/one.iso\r\n",
        f"{ONE.upper()}\tone.iso\n",
        SIGNED,
        f"{ONE}\n",
        f"MD5 (one.iso) = {WEAK}\nSHA256 (one.iso) = {ONE}\n",
        f"SHA2-256(one.iso)= {TWO}\n{ONE}  one.iso\n",
    ],
)
def test_files_of_digests(sums):
    assert find_digest(sums, ["https://example.org/one.iso?x=1"], "SUMS").value == ONE


def test_the_strongest_counts_and_the_first_name_that_is_listed():
    sums = f"{WEAK}  one.iso\n{ONE}  one.iso\n{STRONG}  one.iso\n{TWO}  two.iso\n"
    assert find_digest(sums, ["none.iso", "/tmp/one.iso", "two.iso"], "SUMS").value == STRONG


def test_escaped_names_are_as_coreutils_write_them(tmp_path):
    (tmp_path / "a\\b").write_bytes(b"1")
    sums = subprocess.run(["sha256sum", "a\\b"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert find_digest(sums, ["a\\b"], "SUMS").value == ONE
    bsd = subprocess.run(["sha512sum", "--tag", "a\\b"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert bsd.startswith("\\SHA512")


def test_a_name_that_is_not_listed():
    with pytest.raises(GoldenError, match=r"SUMS has no checksum of three.iso. It lists one.iso, two.iso."):
        find_digest(SIGNED, ["http://x/three.iso"], "SUMS")
    with pytest.raises(GoldenError, match="It lists no file at all"):
        find_digest("<html>404</html>", ["three.iso"], "SUMS")


@pytest.mark.parametrize("prefix", ["", "file:"])
def test_a_file_of_digests_here_and_at_a_server(server, tmp_path, prefix):
    (tmp_path / "SHA256SUMS").write_text(f"{ONE}  one.iso\n")
    server.files["/SHA256SUMS"] = f"{TWO}  one.iso\n".encode()
    assert expected_digest(f"{prefix}{tmp_path}/SHA256SUMS", ["https://x/one.iso"]).value == ONE
    assert expected_digest(f"{prefix}{server.url('/SHA256SUMS')}", ["https://x/one.iso"]).value == TWO


def test_a_file_of_digests_that_is_not_there(server):
    with pytest.raises(GoldenError, match="404"):
        expected_digest(server.url("/none"), ["one.iso"])
    with pytest.raises(GoldenError, match="checksum: 'file:/none' is neither a checksum nor a file of checksums"):
        expected_digest("file:/none", ["one.iso"])
    with pytest.raises(GoldenError, match="'sha265:12' is not a checksum"):
        expected_digest("sha265:12", ["one.iso"])


def test_what_is_too_large_for_a_file_of_digests(server, monkeypatch):
    monkeypatch.setattr("ansible_collections.golden.images.plugins.module_utils._media.installer._MOST_SUMS", 1000)
    with pytest.raises(GoldenError, match="more than 1000 bytes"):
        expected_digest(server.url(), ["file.iso"])

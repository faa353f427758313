# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operation of installer_media."""

from __future__ import annotations

import hashlib
import pathlib

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._media.installer import OPERATION, default_cache

pytestmark = pytest.mark.usefixtures("pauses")


@pytest.fixture
def obtain(tmp_path):
    def run(context: Context | None = None, **options: object) -> dict:
        given = {"cache_dir": str(tmp_path / "cache"), **options}
        checked = ArgumentSpecValidator(OPERATION.argument_spec, **OPERATION.constraints).validate(given)
        assert not checked.error_messages, checked.error_messages
        return OPERATION.run(checked.validated_parameters, context or Context())

    return run


def test_a_download_and_its_second_run(server, obtain, content, sha256, tmp_path):
    result = obtain(urls=[server.url()], checksum=sha256)
    assert result["changed"]
    assert result["path"] == str(tmp_path / "cache" / f"{sha256}.iso")
    assert result["checksum"] == f"sha256:{sha256}"
    assert result["size"] == len(content)
    assert pathlib.Path(result["path"]).read_bytes() == content
    again = obtain(urls=[server.url()], checksum=sha256)
    assert again == {**result, "changed": False}
    assert len(server.asked) == 1


def test_by_a_file_of_checksums_from_the_second_url(server, obtain, content, sha256):
    server.files["/SHA256SUMS"] = f"{sha256} *file.iso\n".encode()
    result = obtain(urls=[server.url("/gone.iso"), server.url()], checksum=f"file:{server.url('/SHA256SUMS')}", extension="raw")
    assert pathlib.Path(result["path"]).suffix == ".raw"


def test_check_mode_downloads_nothing(server, obtain, sha256, tmp_path):
    context = Context(check_mode=True, diff=True)
    result = obtain(context, urls=[server.url()], checksum=sha256)
    assert result["changed"]
    assert result["diff"]["before"] == {"checksum": None}
    assert not (tmp_path / "cache").exists()
    obtain(urls=[server.url()], checksum=sha256)
    assert not obtain(context, urls=[server.url()], checksum=sha256)["changed"]
    assert obtain(context, urls=[server.url()], checksum=sha256, state="absent")["changed"]
    assert obtain(urls=[server.url()], checksum=sha256, state="absent")["changed"]
    assert not obtain(urls=[server.url()], checksum=sha256, state="absent")["changed"]


def test_a_weak_checksum_is_warned_of(server, obtain, content):
    warnings: list[str] = []
    obtain(Context(warn=warnings.append), urls=[server.url()], checksum=hashlib.md5(content, usedforsecurity=False).hexdigest())
    assert warnings == ["file.iso is checked by md5, for which other contents can be forged; use sha256 where the publisher gives it"]


def test_a_file_of_this_machine_is_used_where_it_is(obtain, tmp_path):
    path = tmp_path / "own.iso"
    path.write_bytes(b"1")
    sums = tmp_path / "SUMS"
    sums.write_text(f"{hashlib.sha512(b'1').hexdigest()}  own.iso\n")
    assert obtain(path=str(path))["checksum"] == f"sha256:{hashlib.sha256(b'1').hexdigest()}"
    checked = obtain(path=str(path), checksum=str(sums))
    assert checked["path"] == str(path)
    assert checked["checksum"].startswith("sha512:")
    path.write_bytes(b"2")
    with pytest.raises(GoldenError, match=r"own.iso has the sha512 .* Correct the checksum"):
        obtain(path=str(path), checksum=str(sums))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"urls": ["ftp://x/y"], "checksum": "0" * 64}, "'ftp://x/y' is no http or https URL"),
        ({"urls": ["http://x/y"]}, "a download needs the option checksum"),
        ({"path": "/none"}, "there is no file /none"),
        ({"path": "/etc/hostname", "state": "absent"}, "path is a file of yours"),
    ],
)
def test_what_is_refused(obtain, options, message):
    with pytest.raises(GoldenError, match=message):
        obtain(**options)


def test_where_downloads_are_kept(monkeypatch, tmp_path):
    assert default_cache(Context(build={"state_dir": "/state"})) == pathlib.Path("/state/cache/downloads")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache(Context()) == tmp_path / "golden.images" / "downloads"

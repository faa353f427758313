# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads are checked, go on where they stopped, and are made once."""

from __future__ import annotations

import collections
import errno
import hashlib
import pathlib
import shutil
import threading

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.files import locked
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._media import download
from ansible_collections.golden.images.plugins.module_utils._media.checksums import Digest
from ansible_collections.golden.images.plugins.module_utils._media.installer import Downloads

pytestmark = pytest.mark.usefixtures("pauses")


@pytest.fixture
def cache(tmp_path):
    return Downloads(tmp_path / "cache")


@pytest.fixture
def digest(sha256):
    return Digest("sha256", sha256)


def partial(cache: Downloads, digest: Digest, data: bytes) -> pathlib.Path:
    cache.folder.mkdir()
    path = cache.folder / f"{digest.value}.partial"
    path.write_bytes(data)
    return path


def test_a_file_is_downloaded_once(server, cache, digest, content):
    for _time in range(2):
        assert cache.obtain([server.url()], digest, Context()).read_bytes() == content
    assert len(server.ranges) == 1


def test_a_cut_connection_goes_on(server, cache, digest, content):
    server.cut = 2
    assert cache.obtain([server.url()], digest, Context()).read_bytes() == content
    assert server.ranges == [None, f"bytes={len(content) // 2}-", f"bytes={len(content) * 3 // 4}-"]


def test_attempts_that_get_further_do_not_count(server, cache, digest, content):
    server.cut = 9
    assert cache.obtain([server.url()], digest, Context()).read_bytes() == content
    assert len(server.ranges) == 10


def test_fruitless_attempts_end(server, cache, digest, pauses):
    server.broken = 100
    with pytest.raises(BuilderError, match="503 Service Unavailable"):
        cache.obtain([server.url()], digest, Context())
    assert pauses == [1.0, 2.0, 4.0]


def test_a_later_run_goes_on(server, cache, digest, content):
    partial(cache, digest, content[:1000])
    assert cache.obtain([server.url()], digest, Context()).read_bytes() == content
    assert server.ranges == ["bytes=1000-"]


def test_a_server_without_ranges_starts_again(server, cache, digest, content):
    server.ignores_ranges = True
    partial(cache, digest, content[:1000])
    assert cache.obtain([server.url()], digest, Context()).read_bytes() == content


def test_a_whole_file_that_was_not_checked_yet_is_not_fetched_again(server, cache, digest, content):
    partial(cache, digest, content)
    assert cache.obtain([server.url()], digest, Context()).read_bytes() == content
    assert server.ranges == [f"bytes={len(content)}-"]


@pytest.mark.parametrize("length", [1000, 2**21])
def test_a_wrong_beginning_is_thrown_away(server, cache, digest, content, length):
    partial(cache, digest, b"x" * length)
    assert cache.obtain([server.url()], digest, Context()).read_bytes() == content
    assert server.ranges[-1] is None


def test_another_content_is_refused_and_not_kept(server, cache, sha256):
    with pytest.raises(BuilderError, match=f"has the sha256 {sha256}"):
        cache.obtain([server.url()], Digest("sha256", "0" * 64), Context())
    assert [path.name for path in cache.folder.iterdir()] == [f"{'0' * 64}.lock"]


def test_a_damaged_cached_file_is_fetched_again(server, cache, digest, content):
    cache.folder.mkdir()
    cache.place(digest).write_bytes(b"rotten")
    assert cache.obtain([server.url()], digest, Context()).read_bytes() == content


def test_a_missing_file_is_not_asked_for_again(server, cache, digest):
    with pytest.raises(BuilderError, match="404"):
        cache.obtain([server.url("/none")], digest, Context())
    assert len(server.ranges) == 1


def test_urls_are_tried_in_order_also_after_a_wrong_content(server, cache, digest, content):
    server.files["/forged.iso"] = b"forged"
    urls = [server.url("/none?token=s3cret"), server.url("/forged.iso"), server.url()]
    told: list[str] = []
    assert cache.obtain(urls, digest, Context(say=told.append)).read_bytes() == content
    assert [path for path, _range in server.asked] == ["/none?token=s3cret", "/forged.iso", "/file.iso"]
    assert sum("tries the next URL" in line for line in told) == 2
    assert "s3cret" not in "".join(told)


def test_when_no_url_works_all_reasons_are_told(server, cache, digest):
    with pytest.raises(BuilderError, match=r"/one cannot be downloaded: 404 .*; .*/two cannot be downloaded: 404"):
        cache.obtain([server.url("/one"), server.url("/two")], digest, Context())


def test_a_full_disk_is_told_before_it_is_full(server, cache, digest, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10, 10, 500_000))
    with pytest.raises(BuilderError, match=r"it needs 1 MB, and .* has 0 MB left"):
        cache.obtain([server.url()], digest, Context())
    assert len(server.ranges) == 1


def test_a_disk_that_fills_up_meanwhile_is_not_tried_again(tmp_path):
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(BuilderError, match="No space left"):
        download._patiently("http://x/y", full, lambda: 0)


def test_progress_is_told_from_time_to_time(server, cache, digest, monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(download.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(download, "_CHUNK", 256 * 1024)
    told: list[str] = []
    cache.obtain([server.url()], digest, Context(say=told.append))
    assert any(line.endswith("file.iso: 50 % of 1 MB, 0.0 MB/s") for line in told)


def test_two_runs_download_once(server, cache, digest, content):
    told: list[str] = []
    waits = threading.Event()

    def say(text: str) -> None:
        told.append(text)
        if "waits for another download" in text:
            waits.set()

    with locked(cache.folder / f"{digest.value}.lock"):
        other = threading.Thread(target=cache.obtain, args=([server.url()], digest, Context(say=say)))
        other.start()
        assert waits.wait(10)
        cache.place(digest).write_bytes(content)
    other.join(10)
    assert server.ranges == []
    assert told == ["waits for another download of file.iso"]


def test_names_with_a_suffix_are_the_same_file(server, cache, digest):
    cache.obtain([server.url()], digest, Context())
    named = cache.named(digest, ".iso")
    assert named.samefile(cache.place(digest))
    assert cache.named(digest, ".iso") == named
    assert cache.named(digest, "") == cache.place(digest)
    named.unlink()
    named.write_bytes(b"stale")
    assert cache.named(digest, ".iso").samefile(cache.place(digest))
    assert cache.forget(digest)
    assert [path.suffix for path in cache.folder.iterdir()] == [".lock"]
    assert not cache.forget(digest)


def test_other_digests_are_kept_apart(server, cache, content):
    digest = Digest("sha512", hashlib.sha512(content).hexdigest())
    assert cache.obtain([server.url()], digest, Context()).name == f"sha512-{digest.value}"

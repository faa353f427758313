# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources: checked before anything is made, with ids that follow their content."""

from __future__ import annotations

import hashlib
import pathlib
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._builders.local import bootstrap, source
from ansible_collections.golden.images.plugins.module_utils._builders.local.options import SOURCE_CONSTRAINTS, SOURCE_SPEC
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import StateFolder

SHA = "0" * 64


def validated(**given: t.Any) -> dict[str, t.Any]:
    result = ArgumentSpecValidator(SOURCE_SPEC, **SOURCE_CONSTRAINTS).validate(given)
    assert not result.error_messages
    return dict(result.validated_parameters)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rootfs_archive": "https://example.com/x.tar"}, "needs source.checksum"),
        ({"rootfs_archive": "/x.tar", "checksum": "md5:1"}, "not a checksum"),
        ({"rootfs_archive": "/x.tar", "checksum": "d41d8cd98f00b204e9800998ecf8427e"}, "same md5 can be made"),
        ({"directory": "/x", "checksum": SHA}, "cannot be used"),
        ({"rootfs_archive": "/x.tar", "reference": "a"}, "cannot be used"),
        ({"bootstrap": {"suite": "bookworm", "max_age": "soon"}}, "not an age"),
        ({"bootstrap": {"suite": "--help"}}, "cannot be a suite"),
        ({"bootstrap": {"suite": "bookworm", "packages": ["a,b"]}}, "cannot be a suite"),
        ({"rootfs_archive": "/x.tar", "config": {"exposed_ports": ["x"]}}, "not a port"),
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, t.Any], words: str) -> None:
    with pytest.raises(GoldenError, match=words):
        source.check(validated(**given))


def test_the_id_of_an_archive_is_its_content(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(b"one")
    first = source.resolve(validated(rootfs_archive=str(path)))
    assert first.id == f"sha256:{hashlib.sha256(b'one').hexdigest()}"
    assert first.options == {"rootfs_archive": str(path), "checksum": first.id}
    path.write_bytes(b"two")
    assert source.resolve(validated(rootfs_archive=str(path))).id != first.id
    with pytest.raises(GoldenError, match="has the sha256"):
        source.resolve(validated(rootfs_archive=str(path), checksum=first.id))


def test_the_id_follows_what_is_said_of_the_source(tmp_path: pathlib.Path) -> None:
    (tmp_path / "x.tar").write_bytes(b"one")
    plain = source.resolve(validated(rootfs_archive=str(tmp_path / "x.tar")))
    assert source.resolve(validated(rootfs_archive=str(tmp_path / "x.tar"), config={"cmd": ["a"]})).id != plain.id


def test_the_id_of_a_directory_follows_its_files(tmp_path: pathlib.Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a").write_text("1")
    first = source.resolve(validated(directory=str(tmp_path / "d"))).id
    assert source.resolve(validated(directory=str(tmp_path / "d"))).id == first
    (tmp_path / "d/a").chmod(0o600)
    assert source.resolve(validated(directory=str(tmp_path / "d"))).id != first


def test_a_missing_file_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(GoldenError, match=f"{tmp_path}/none.tar does not exist"):
        source.resolve(validated(oci_archive=str(tmp_path / "none.tar")))


def test_a_bootstrap_is_told_apart_by_its_content_only() -> None:
    def key(**changes: t.Any) -> str:
        return source.resolve(validated(bootstrap={"suite": "bookworm", "packages": ["a", "b"], **changes})).id

    assert key() == key(max_age="1d") == key(packages=["b", "a"])
    assert len({key(), key(suite="trixie"), key(variant="apt"), key(packages=["a"]), key(mirror="http://example.com/debian")}) == 5


def test_the_bootstrap_command_has_every_option(tmp_path: pathlib.Path) -> None:
    options = validated(
        bootstrap={
            "suite": "noble",
            "distribution": "ubuntu",
            "packages": ["python3"],
            "components": ["main", "universe"],
            "keyring": "/k.gpg",
            "architecture": "arm64",
            "apt_options": ['Acquire::Retries "3"'],
        }
    )["bootstrap"]
    argv = bootstrap._mmdebstrap(options, tmp_path)
    assert argv[-4:] == ["--", "noble", str(tmp_path), "http://archive.ubuntu.com/ubuntu"]
    assert {
        "--variant=minbase",
        "--components=main,universe",
        "--include=python3",
        "--architectures=arm64",
        "--keyring=/k.gpg",
        '--aptopt=Acquire::Retries "3"',
    } <= set(argv)


class Bootstrapper:
    """Stands for mmdebstrap."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.fails = False
        monkeypatch.setattr(bootstrap, "run_bootstrap", self)

    def __call__(self, options: dict[str, t.Any], target: pathlib.Path, scratch: pathlib.Path) -> None:
        self.calls += 1
        target.mkdir()
        scratch.mkdir()
        (target / "made").write_text(str(self.calls))
        if self.fails:
            raise KeyboardInterrupt


class Said:
    """A journal that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def __getattr__(self, event: str) -> t.Callable[[t.Any], None]:
        return lambda resource: self.events.append((event, resource.name))


@pytest.fixture
def cache(tmp_path: pathlib.Path) -> bootstrap.BootstrapCache:
    return bootstrap.BootstrapCache(StateFolder(tmp_path))


def test_the_same_bootstrap_is_made_once(cache: bootstrap.BootstrapCache, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrapper = Bootstrapper(monkeypatch)
    options = validated(bootstrap={"suite": "bookworm"})["bootstrap"]
    first = cache.obtain(options, Context())
    assert cache.obtain({**options, "max_age": "1d"}, Context()) == first
    assert (first / "made").read_text() == "1"
    cache.obtain({**options, "suite": "trixie"}, Context())
    assert bootstrapper.calls == 2


def test_an_old_bootstrap_is_made_anew(cache: bootstrap.BootstrapCache, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrapper = Bootstrapper(monkeypatch)
    options = validated(bootstrap={"suite": "bookworm"})["bootstrap"]
    root = cache.obtain(options, Context())
    current = root.parent.parent / "current.json"
    root.parent.rename(root.parent.with_name("20000101T000000Z"))
    current.write_text('{"generation": "20000101T000000Z", "made": "2000-01-01T00:00:00Z"}')
    assert (cache.obtain(options, Context()) / "made").read_text() == "2"
    assert bootstrapper.calls == 2


def test_an_interrupted_bootstrap_leaves_nothing_and_is_journalled(
    cache: bootstrap.BootstrapCache, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrapper = Bootstrapper(monkeypatch)
    bootstrapper.fails = True
    journal = Said()
    with pytest.raises(KeyboardInterrupt):
        cache.obtain(validated(bootstrap={"suite": "bookworm"})["bootstrap"], Context(journal=journal))
    assert [event for event, _name in journal.events] == ["creating", "discarded"]
    assert not list(tmp_path.glob("cache/bootstraps/*/*"))

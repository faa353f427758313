# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lifecycle asks of the local builder."""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import subprocess
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._builders.local import keeper, pack_program
from ansible_collections.golden.images.plugins.module_utils._builders.local.builder import BUILDER
from ansible_collections.golden.images.plugins.module_utils._builders.local.entering import enter
from ansible_collections.golden.images.plugins.module_utils._builders.local.folder import GuestFolder
from ansible_collections.golden.images.plugins.module_utils._builders.local.tree import pack_command
from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact, ArtifactFile
from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import load_backend
from ansible_collections.golden.images.plugins.module_utils._lifecycle.discarding import begin_run
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.journal import Resource
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, StateFolder

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
SOURCE = {"bootstrap": {"suite": "bookworm", "packages": [], "components": ["main"], "max_age": "7d"}}


def options(**given: t.Any) -> dict[str, t.Any]:
    result = ArgumentSpecValidator(BUILDER.argument_spec).validate(given)
    assert not result.error_messages
    return dict(result.validated_parameters)


def artifact(*files: ArtifactFile, **metadata: t.Any) -> Artifact:
    return Artifact("sha256:0", "local", "web.local", "web", "local", "1", "f", "/", "2026-01-01T00:00:00Z", files, metadata=metadata)


def test_it_is_found_by_its_name() -> None:
    resource = Resource("ansible_collections.golden.images.plugins.module_utils._builders.local.builder", "guest", "x")
    assert load_backend(resource.backend) is BUILDER


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tmpfs": ["run"]}, "tmpfs"),
        ({"tmpfs": ["/"]}, "tmpfs"),
        ({"mounts": [{"source": "/x", "target": "/../x"}]}, "mounts.target"),
        ({"mounts": [{"source": "x", "target": "/x"}]}, "mounts.source"),
        ({"formats": []}, "formats"),
        ({"config": {"exposed_ports": ["x"]}}, "not a port"),
    ],
)
def test_bad_options_are_refused(given: dict[str, t.Any], words: str) -> None:
    with pytest.raises(GoldenError, match=words):
        BUILDER.validate(options(**given), SOURCE)


def test_a_relative_source_is_refused_with_the_way_out() -> None:
    with pytest.raises(GoldenError, match="golden_definition_dir"):
        BUILDER.validate(options(), {"rootfs_archive": "base.tar"})


def test_a_parent_image_is_not_known_yet_when_options_are_checked() -> None:
    BUILDER.validate(options(), {"image_of": "base"})


def test_an_artifact_is_the_source_of_the_next() -> None:
    oci, rootfs = ArtifactFile("/a.oci.tar", "oci.tar", 1, "1"), ArtifactFile("/a.rootfs.tar", "rootfs.tar", 1, "2")
    assert BUILDER.source_of(artifact(oci, rootfs)) == {"oci_archive": "/a.oci.tar"}
    assert BUILDER.source_of(artifact(rootfs, config={"cmd": ["x"]})) == {"rootfs_archive": "/a.rootfs.tar", "checksum": "sha256:2", "config": {"cmd": ["x"]}}


def test_an_artifact_is_present_when_its_files_have_their_sizes(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.oci.tar"
    path.write_bytes(b"12345")
    whole = artifact(ArtifactFile(str(path), "oci.tar", 5, "0"))
    assert BUILDER.is_present(whole, {})
    path.write_bytes(b"1234")
    assert not BUILDER.is_present(whole, {})
    path.unlink()
    assert not BUILDER.is_present(whole, {})
    assert not BUILDER.is_present(artifact(), {})


def guest_with(state: StateFolder, name: str, **marks: str) -> GuestFolder:
    folder = GuestFolder(state.guests / name)
    folder.path.mkdir(parents=True)
    (folder.path / "marks.json").write_text(json.dumps({f"golden.{key}": value for key, value in marks.items()}))
    return folder


def test_leftovers_are_of_dead_runs_or_expired(tmp_path: pathlib.Path) -> None:
    state = StateFolder(tmp_path)
    me = Owner.of(os.getpid())
    ended = subprocess.Popen(["sleep", "60"])
    dead = Owner.of(ended.pid)
    ended.kill()
    ended.wait()
    for owner in (me, dead):
        begin_run(state, owner)
    guest_with(state, "living", run=me.run_id(), expires="2026-06-02T00:00:00Z")
    guest_with(state, "dead", run=dead.run_id(), expires="2026-06-02T00:00:00Z")
    guest_with(state, "expired", run="elsewhere", expires="2026-05-31T00:00:00Z")
    guest_with(state, "unmarked")
    for run_id in (me.run_id(), dead.run_id(), "recorded"):
        (state.captured("web.local", run_id)).mkdir(parents=True)
    (tmp_path / "builds").mkdir()
    (tmp_path / "builds/web.local.json").write_text(json.dumps({"path": str(state.captured("web.local", "recorded") / "x.oci.tar")}))
    found = BUILDER.leftovers({"state_dir": str(tmp_path)}, NOW)
    assert sorted((resource.kind, pathlib.Path(resource.name).name) for resource in found) == [
        ("captured files", dead.run_id()),
        ("guest", "dead"),
        ("guest", "expired"),
    ]
    for resource in found:
        assert BUILDER.discard(resource, {})
        assert not BUILDER.discard(resource, {})
    assert sorted(path.name for path in state.guests.iterdir()) == ["living", "unmarked"]


def test_partial_files_are_discarded(tmp_path: pathlib.Path) -> None:
    paths = [tmp_path / "a.partial", tmp_path / "b.partial"]
    for path in paths:
        path.write_text("half")
    resource = Resource("x", "partial files", "p", {"paths": [str(path) for path in paths]})
    assert BUILDER.discard(resource, {})
    assert not any(path.exists() for path in paths)


def test_what_is_put_into_a_tree_is_taken_out_again_and_leaves_no_trace(tmp_path: pathlib.Path) -> None:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/own").write_text("own")
    for folder in ("usr/sbin", "usr", "etc", "."):
        os.utime(tmp_path / folder, (1000, 1000))
    tree = keeper.Tree(str(tmp_path))
    tree.file("/usr/sbin/policy-rc.d")
    tree.directory("/mnt/deep/er")
    tree.file("/etc/own")
    assert tree.placeholders == ["usr/sbin/policy-rc.d", "mnt", "mnt/deep", "mnt/deep/er"]
    (tmp_path / "mnt/kept").write_text("made by the guest")
    pack_program.take_out(str(tmp_path), tree.placeholders)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["etc", "etc/own", "mnt", "mnt/kept", "usr", "usr/sbin"]
    assert [int((tmp_path / folder).stat().st_mtime) for folder in ("usr/sbin", "usr", "etc")] == [1000, 1000, 1000]


def test_facts_are_read_of_the_tree(tmp_path: pathlib.Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/os-release").write_text('ID=debian\nPRETTY_NAME="Debian"\nHOME_URL=x\n')
    (tmp_path / "etc/os-release").symlink_to("/usr/lib/os-release")
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text("Package: a\nStatus: install ok installed\n\nPackage: b\nStatus: deinstall ok config-files\n")
    assert pack_program.os_release(str(tmp_path)) == {"ID": "debian", "PRETTY_NAME": "Debian"}
    assert pack_program.packages(str(tmp_path)) == 1
    (tmp_path / "etc/new").write_text("x")
    os.utime(tmp_path / "etc/new", (4_000_000_000, 4_000_000_000))
    assert pack_program.newest(str(tmp_path)) == 4_000_000_000


def test_packing_names_an_epoch_only_when_asked(tmp_path: pathlib.Path) -> None:
    assert "--mtime=@5" in pack_command(tmp_path, 5)
    assert not any("mtime=@" in word or word == "--clamp-mtime" for word in pack_command(tmp_path, None))


def test_a_guest_without_network_is_entered_with_its_own() -> None:
    assert "--net" in enter(7, ["true"], network="none")
    command = enter(7, ["true"], ids=(33, 34))
    assert {"--target=7", "--setuid=33", "--setgid=34"} <= set(command)
    assert "--net" not in command


def test_a_pid_that_was_reused_is_no_guest(tmp_path: pathlib.Path) -> None:
    folder = GuestFolder(tmp_path)
    folder.write({"pid": os.getpid(), "started": "0"})
    assert folder.pid() is None
    folder.write({"pid": os.getpid(), "started": Owner.of(os.getpid()).started})
    assert folder.pid() == os.getpid()

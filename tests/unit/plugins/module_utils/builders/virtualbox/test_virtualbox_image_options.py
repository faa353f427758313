# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of captures, and what the lifecycle asks of images."""

from __future__ import annotations

import datetime
import json
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._appliance.descriptor import Product
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import image_options, image_records, prune
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.builder import BUILDER
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.image import ARGUMENT_SPEC
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.image_kinds import is_ours
from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact, ArtifactFile
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.retention import Retention


@pytest.fixture
def given() -> t.Callable[..., dict[str, t.Any]]:
    def validated(**options: t.Any) -> dict[str, t.Any]:
        checked = ArgumentSpecValidator(ARGUMENT_SPEC).validate({"image": "web", "version": "1.4.0", **options})
        assert not checked.error_messages, checked.error_messages
        return dict(checked.validated_parameters)

    return validated


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": []}, "at least one of ova, ovf and disk"),
        ({"format": ["disk"], "disk_format": []}, "disk_format: at least one"),
        ({"eula": "x", "eula_file": "/x"}, "cannot be given together"),
        ({"keep_registered": True, "isolated": True}, "the VirtualBox of the build goes with it"),
        ({"vboxmanage_post": [[]]}, "a command is empty"),
        ({"vm_name": "a/b"}, "cannot be the name of a machine"),
    ],
)
def test_what_cannot_be_is_refused(given, options, message):
    with pytest.raises(GoldenError, match=message):
        image_options.check(given(**options))


def test_one_format_needs_no_list(given):
    options = given(format="disk", disk_format="qcow2")
    image_options.check(options)
    assert (options["format"], options["disk_format"]) == (["disk"], ["qcow2"])


def test_the_image_is_the_product_unless_said_otherwise(given):
    assert image_options.product_of(given()) == Product("web", "", "1.4.0")
    assert image_options.product_of(given(product={"name": "Web", "vendor": "We", "version": "2"})) == Product("Web", "We", "2")
    assert image_options.machine_name(given()) == "web"
    assert image_options.machine_name(given(vm_name="server")) == "server"


def test_the_licence_is_a_text_or_a_file(given, tmp_path):
    (tmp_path / "eula").write_text("be nice")
    assert image_options.licence_of(given(eula="be kind")) == "be kind"
    assert image_options.licence_of(given(eula_file=str(tmp_path / "eula"))) == "be nice"
    assert image_options.licence_of(given()) is None
    with pytest.raises(GoldenError, match="cannot be read: No such file"):
        image_options.licence_of(given(eula_file=str(tmp_path / "missing")))


def test_every_option_of_the_capture_is_the_builders():
    of_the_module = {*image_options.STOP_SPEC, *image_options.EXPORT_SPEC, "retention"}
    assert of_the_module <= set(BUILDER.argument_spec)
    assert set(BUILDER.argument_spec) >= BUILDER.content_options


def artifact(*kinds: str, **changes: t.Any) -> Artifact:
    files = tuple(ArtifactFile(f"/output/web.{kind}", kind, 1, "ab") for kind in kinds)
    made = Artifact("sha256:ab", "virtualbox", "web.vbox", "web", "vbox", "1", "f", "/output", "2026-01-01T00:00:00Z", files)
    return made.replace(**changes)


def test_guests_are_launched_from_the_best_file():
    assert image_records.source_of(artifact("ovf", "mf", "disk1.vmdk")) == {"ova": {"path": "/output/web.ovf", "checksum": "sha256:ab", "accept_eula": True}}
    assert image_records.source_of(artifact("disk1.raw", "ova"))["ova"]["path"] == "/output/web.ova"
    assert image_records.source_of(artifact("disk1.qcow2", "disk1.raw")) == {"disk": {"path": "/output/web.disk1.qcow2", "checksum": "sha256:ab"}}
    with pytest.raises(GoldenError, match=r"no appliance and not one disk. Add ova to format"):
        image_records.source_of(artifact("disk1.raw", "disk2.raw"))


def test_next_steps():
    assert image_records.next_steps(artifact("ova")) == ["VBoxManage import /output/web.ova", "tar -tvf /output/web.ova"]
    assert image_records.next_steps(artifact("disk1.raw")) == ["qemu-img info /output/web.disk1.raw"]
    kept = artifact("ova", metadata={"machine": {"name": "my web"}})
    assert image_records.next_steps(kept)[0] == "VBoxManage startvm 'my web'"


@pytest.mark.parametrize(("kind", "ours"), [("ova", True), ("disk12.vmdk", True), ("cd1.iso", True), ("mf", True), ("box", False), ("ova.sha256", False)])
def test_kinds_of_files(kind, ours):
    assert is_ours(kind) is ours


def test_retention():
    assert prune.retention_of({"keep": 3, "max_age": None}) == Retention(3, None)
    assert prune.retention_of({"keep": None, "max_age": "30d"}) == Retention(1, datetime.timedelta(days=30))
    with pytest.raises(GoldenError, match="the newest image stays"):
        prune.retention_of({"keep": 0})


def test_what_others_wrote_is_not_pruned(tmp_path):
    manifests = ["{", "[]", json.dumps({"artifact": {"id": "x"}}), json.dumps({"artifact": artifact("ova", type="local").to_dict()})]
    manifests.append(json.dumps({"artifact": artifact("ova", created="yesterday").to_dict()}))
    for number, text in enumerate(manifests):
        folder = tmp_path / "web" / str(number) / "vbox"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(text)
    assert prune.find_images(tmp_path, "web.vbox") == []


def test_files_elsewhere_do_not_go_with_an_old_image(tmp_path):
    folder = tmp_path / "web" / "1" / "vbox"
    folder.mkdir(parents=True)
    inside = ArtifactFile(str(folder / "web.ova"), "ova", 1, "ab")
    elsewhere = ArtifactFile(str(tmp_path / "web.box"), "box", 1, "ab")
    (folder / "manifest.json").write_text(json.dumps({"artifact": artifact(files=(inside, elsewhere)).to_dict()}))
    (found,) = prune.find_images(tmp_path, "web.vbox")
    assert found.files == (folder / "web.ova",)

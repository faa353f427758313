# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines become appliances and disks, whole or not at all; VirtualBox imports them, and what they are is read back."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import typing as t

import pytest
import yaml

from tests.integration.lifecycle.conftest import until
from tests.rigs.virtualbox.rig import VirtualBoxRig

pytestmark = pytest.mark.usefixtures("untouched_vbox")

Json = dict[str, t.Any]
MIB = 1024 * 1024
SIZE = 64 * MIB
OTHER: Json = {"delegate_to": "other", "vars": {"ansible_connection": "local"}}
CAPTURE: Json = {"image": "web", "version": "1.4.0", "builder": "vbox", "build": "web.vbox", "fingerprint": "sha256:1", "source": {"description": "a disk"}}


@pytest.fixture
def machine(vbox_rig: VirtualBoxRig, tmp_path: pathlib.Path) -> t.Iterator[t.Callable[..., str]]:
    """Makes machines with a disk each, which go at the end of the test."""
    names: list[str] = []

    def make(name: str, content: bytes = b"golden", size: int = SIZE) -> str:
        raw, disk = tmp_path / f"{name}.raw", tmp_path / "machines" / name / "disk.vdi"
        raw.write_bytes(content)
        with open(raw, "r+b") as stream:
            stream.truncate(size)
        names.append(name)
        vbox_rig.vboxmanage("createvm", "--name", name, "--ostype", "Debian_64", "--basefolder", tmp_path / "machines", "--register")
        vbox_rig.vboxmanage("modifyvm", name, "--memory", "128", "--nic1", "nat", "--audio-enabled", "off")
        vbox_rig.vboxmanage("storagectl", name, "--name", "SATA", "--add", "sata", "--portcount", "2")
        vbox_rig.vboxmanage("convertfromraw", raw, disk, "--format", "VDI")
        vbox_rig.vboxmanage("storageattach", name, "--storagectl", "SATA", "--port", "0", "--device", "0", "--type", "hdd", "--medium", disk)
        return name

    yield make
    for name in set(names) & set(vbox_rig.machines()):
        if vbox_rig.is_running(name):
            vbox_rig.vboxmanage("controlvm", name, "poweroff")
        vbox_rig.vboxmanage("unregistervm", name, "--delete")


@pytest.fixture
def play(vbox_rig, ansible_playbook, tmp_path) -> t.Callable[..., t.Any]:
    """Runs tasks of the modules and returns what the playbook wrote; results are registered as r1, r2, …"""

    def run(*tasks: Json, module: str = "virtualbox_image", face: Json | None = None, **how: t.Any) -> t.Any:
        written = []
        for number, options in enumerate(tasks, start=1):
            name = options.pop("module", module)
            task = {f"golden.images.{name}": {"vboxmanage_path": str(vbox_rig.programs / "VBoxManage"), **options}, "register": f"r{number}", **(face or {})}
            shown = {"ansible.builtin.copy": {"content": f"{{{{ r{number} | to_json }}}}", "dest": f"{tmp_path}/r{number}.json"}, "check_mode": False}
            written += [task, shown]
        variables = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        path = tmp_path / f"play-{how.pop('name', 'image')}.yml"
        path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": written}], sort_keys=False))
        return ansible_playbook(path, env=vbox_rig.environment, **how)

    return run


@pytest.fixture
def result(tmp_path: pathlib.Path) -> t.Callable[[int], Json]:
    """What the task of a number returned."""
    return lambda number: json.loads((tmp_path / f"r{number}.json").read_text())


@pytest.fixture
def options(tmp_path: pathlib.Path) -> t.Callable[..., Json]:
    """Options of a capture of a machine that is off."""

    def given(guest: str, **more: t.Any) -> Json:
        return {"guest": guest, "captured_dir": f"{tmp_path}/captured/{guest}", "file_stem": f"{guest}-1.4.0", "shutdown": "wait", **CAPTURE, **more}

    return given


def publishing(number: int, guest: str, output: pathlib.Path) -> Json:
    return {"state": "published", "artifact": f"{{{{ r{number}.artifact }}}}", "output_dir": str(output), "file_stem": f"{guest}-1.4.0"}


def same_content(one: pathlib.Path | str, other: pathlib.Path | str) -> bool:
    return subprocess.run(["qemu-img", "compare", one, other], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("version", "manifest", "face"), [("0.9", "sha1", {}), ("1.0", "sha256", OTHER), ("2.0", "sha512", {})], ids=["0.9-sha1", "1.0-sha256", "2.0-sha512"]
)
def test_virtualbox_imports_what_was_exported(vbox_rig, machine, play, result, options, tmp_path, version, manifest, face):
    guest, output = machine("golden-web"), tmp_path / "output"
    wanted = {"format": ["ova", "ovf"], "ovf_version": version, "manifest": manifest, "vm_name": "web & co", "description": "A <web> server", "eula": "be nice"}
    play(options(guest, **wanted, product={"vendor": "We"}), publishing(1, guest, output), face=face).ok()
    files = {file["kind"]: pathlib.Path(file["path"]) for file in result(2)["artifact"]["files"]}
    assert set(files) == {"ova", "ovf", "mf", "disk1.vmdk"}
    assert {path.parent for path in files.values()} == {output}
    assert not (tmp_path / "captured").exists()
    for kind in ("ova", "ovf"):
        assert "be nice" in vbox_rig.vboxmanage("import", files[kind], "--dry-run", "--vsys", "0", "--eula", "show")
        vbox_rig.vboxmanage("import", files[kind], "--vsys", "0", "--vmname", "again", "--basefolder", tmp_path / "again", "--eula", "accept")
        (disk,) = (tmp_path / "again").glob("again/*.vmdk")
        assert same_content(tmp_path / "golden-web.raw", disk)
        play({"path": str(files[kind]), "verify": True}, {"names": ["again"]}, module="virtualbox_image_info").ok()
        (read,), (imported,) = result(1)["images"], result(2)["images"]
        for found in (read, imported):
            assert {key: found[key] for key in ("image", "builder", "version", "build", "fingerprint", "source")} == {**CAPTURE, "source": "a disk"}
            assert found["description"].startswith("A <web> server\n")
        assert (read["name"], read["ovf_version"], read["manifest"], read["verified"], read["eula"]) == ("web & co", version, manifest, True, "be nice")
        assert (read["product"]["name"], read["product"]["vendor"], read["product"]["version"]) == ("web", "We", "1.4.0")
        assert read["disks"][0]["capacity"] == SIZE
        vbox_rig.vboxmanage("unregistervm", "again", "--delete")


def test_plain_disks_of_every_format(vbox_rig, machine, play, result, options, tmp_path):
    guest = machine("golden-web")
    play(options(guest, format="disk", disk_format=["vmdk", "vdi", "vhd", "raw", "qcow2"])).ok()
    files = {file["kind"]: pathlib.Path(file["path"]) for file in result(1)["artifact"]["files"]}
    assert list(files) == ["disk1.vmdk", "disk1.vdi", "disk1.vhd", "disk1.raw", "disk1.qcow2"]
    for kind in set(files) - {"disk1.vhd"}:
        assert same_content(tmp_path / "golden-web.raw", files[kind])
    # QEMU rounds the size of a VHD to whole cylinders.
    vbox_rig.vboxmanage("clonemedium", "disk", files["disk1.vhd"], tmp_path / "vhd.raw", "--format", "RAW")
    for path in (files["disk1.vhd"], tmp_path / "vhd.raw"):
        vbox_rig.vboxmanage("closemedium", "disk", path)
    assert same_content(tmp_path / "golden-web.raw", tmp_path / "vhd.raw")


def test_what_only_the_build_needed_is_taken_off(vbox_rig, machine, play, result, options, tmp_path):
    guest = machine("golden-web")
    iso = tmp_path / "seed.iso"
    iso.write_bytes(bytes(MIB))
    vbox_rig.vboxmanage("storagectl", guest, "--name", "IDE", "--add", "ide")
    vbox_rig.vboxmanage("storageattach", guest, "--storagectl", "IDE", "--port", "0", "--device", "0", "--type", "dvddrive", "--medium", iso)
    vbox_rig.vboxmanage("modifyvm", guest, "--natpf1", "golden-ssh,tcp,127.0.0.1,2222,,22", "--natpf1", "mine,tcp,127.0.0.1,8080,,80")
    notes = {"guest": guest, "forwards": [[1, "golden-ssh"]], "media": [["IDE", 0, 0]], "controllers": ["IDE"]}
    for key, value in {**notes, "run": "r"}.items():
        vbox_rig.vboxmanage("setextradata", guest, f"golden/{key}", value if isinstance(value, str) else json.dumps(value))
    vbox_rig.vboxmanage("setextradata", guest, "other/key", "stays")
    play(options(guest, format="ovf", vboxmanage_post=[["modifyvm", "{name}", "--memory", "256"]])).ok()
    info = vbox_rig.info(guest)
    assert [value.split(",")[0] for key, value in info.items() if key.startswith("Forwarding")] == ["mine"]
    assert "storagecontrollername1" not in info
    assert info["memory"] == "256"
    description = pathlib.Path(result(1)["artifact"]["files"][0]["path"]).read_text()
    assert "golden/" not in description
    assert "golden-ssh" not in description
    assert 'value="stays"' in description
    assert "<rasd:VirtualQuantity>256<" in description


def test_a_guest_that_does_not_shut_down(vbox_rig, machine, play, result, options, tmp_path):
    guest = machine("golden-web")
    vbox_rig.vboxmanage("startvm", guest, "--type", "headless")
    impatient = {"shutdown": "acpi", "shutdown_wait": {"timeout": 1, "interval": 0.2}}
    refused = play(options(guest, **impatient, power_off=False))
    assert refused.rc != 0
    assert "gave up waiting for the guest golden-web to shut down after 1 s" in refused.output
    assert vbox_rig.is_running(guest)
    assert not (tmp_path / "captured").exists() or not list((tmp_path / "captured").iterdir())
    ended = play(options(guest, **impatient)).ok()
    assert "did not shut down within 1 s and is powered off" in ended.output
    assert not vbox_rig.is_running(guest)
    assert result(1)["artifact"]["files"][0]["kind"] == "ova"


def test_a_guest_that_ended_by_itself_is_refused(machine, play, options, tmp_path):
    guest = machine("golden-web")
    refused = play(options(guest, shutdown="auto"))
    assert refused.rc != 0
    assert "was turned off before it could be captured" in refused.output
    missing = play(options("golden-other"))
    assert "there is no machine golden-other to capture" in missing.output
    assert not list((tmp_path / "captured").glob("*"))


def test_check_mode_changes_nothing(vbox_rig, machine, play, result, options, tmp_path):
    guest = machine("golden-web")
    vbox_rig.vboxmanage("startvm", guest, "--type", "headless")
    play(options(guest), face={"check_mode": True}).ok()
    assert result(1) == {"changed": True, "failed": False}
    assert vbox_rig.is_running(guest)
    assert not (tmp_path / "captured").exists()


def test_a_machine_stays_registered_and_replaces_the_one_before(vbox_rig, machine, play, result, options, tmp_path):
    before = vbox_rig.machines()
    kept = {"keep_registered": True, "vm_name": "web", "machine_folder": str(tmp_path / "kept")}
    for fingerprint in ("sha256:1", "sha256:2"):
        guest = machine("golden-web")
        play(
            options(guest, **{**kept, "fingerprint": fingerprint}),
            publishing(1, guest, tmp_path / "output"),
            {"module": "virtualbox_image_info", "build": "web.vbox"},
        ).ok()
        assert set(vbox_rig.machines()) - set(before) == {"web"}
        (image,) = result(3)["images"]
        assert (image["name"], image["fingerprint"], image["folder"]) == ("web", fingerprint, f"{tmp_path}/kept/web")
    assert not any(key.startswith("golden/") for key in vbox_rig.vboxmanage("getextradata", "web", "enumerate").split())
    guest = machine("golden-web")
    refused = play(options(guest, **{**kept, "build": "other.vbox"}))
    assert "a machine web that is no image of other.vbox is registered already" in refused.output
    play({"state": "absent", "artifact": result(2)["artifact"]}).ok()
    assert set(vbox_rig.machines()) - set(before) == {guest}
    assert not (tmp_path / "kept" / "web").exists()


def largest(folder: pathlib.Path) -> int:
    """Bytes of the largest disk that is being written; files come and go."""
    with contextlib.suppress(FileNotFoundError):
        return max((file.stat().st_size for file in folder.glob("*.vmdk")), default=0)
    return 0


@pytest.mark.parametrize("kind", ["ova", "disk"])
def test_an_export_that_is_cancelled_leaves_nothing(vbox_rig, machine, options, tmp_path, collection_path, kind):
    guest = machine("golden-web", noise(200), 200 * MIB)
    before = vbox_rig.media()
    given = {"vboxmanage_path": str(vbox_rig.programs / "VBoxManage"), **options(guest, format=kind, compact=False)}
    (tmp_path / "arguments.json").write_text(json.dumps({"ANSIBLE_MODULE_ARGS": given}))
    argv = [sys.executable, "-m", "ansible_collections.golden.images.plugins.modules.virtualbox_image", tmp_path / "arguments.json"]
    environment = {**os.environ, "PYTHONPATH": str(collection_path)}
    with open(tmp_path / "output.txt", "wb") as output, subprocess.Popen(argv, env=environment, stdout=output, stderr=output) as run:
        partial = tmp_path / "captured" / guest / "partial"
        until(
            "VirtualBox to export",
            lambda: run.poll() is not None or largest(partial) > MIB,
        )
        assert run.poll() is None, (tmp_path / "output.txt").read_text()
        run.send_signal(signal.SIGINT)
        assert run.wait(60) != 0
    assert not (tmp_path / "captured" / guest).exists()
    assert vbox_rig.media() == before


def test_the_installer_is_bundled(vbox_rig, machine, play, result, options, tmp_path):
    guest, iso = machine("golden-web"), tmp_path / "installer.iso"
    iso.write_bytes(bytes(MIB))
    vbox_rig.vboxmanage("storagectl", guest, "--name", "IDE", "--add", "ide")
    for key, value in {"guest": guest, "controllers": ["IDE"], "installer": ["IDE", 0, 0, str(iso)]}.items():
        vbox_rig.vboxmanage("setextradata", guest, f"golden/{key}", value if isinstance(value, str) else json.dumps(value))
    play(options(guest, bundle_iso=True), {"module": "virtualbox_image_info", "path": "{{ r1.artifact.files[0].path }}", "verify": True}).ok()
    (image,) = result(2)["images"]
    assert [file["name"].removeprefix("golden-web-1.4.0.") for file in image["files"]][:2] == ["ovf", "mf"]
    assert {file["name"]: file["size"] for file in image["files"]}["golden-web-1.4.0.cd1.iso"] == MIB
    vbox_rig.vboxmanage("import", image["path"], "--vsys", "0", "--vmname", "again", "--basefolder", tmp_path / "again")
    (imported,) = (tmp_path / "again").rglob("*.iso")
    assert imported.read_bytes() == iso.read_bytes()
    for name in ("again", guest):
        vbox_rig.vboxmanage("unregistervm", name, "--delete")
    for path in vbox_rig.media() & {str(iso), str(imported)}:
        vbox_rig.vboxmanage("closemedium", "dvd", path)


def noise(megabytes: int) -> bytes:
    """What nothing can compress."""
    return random.Random(0).randbytes(megabytes * MIB)


def test_old_images_are_pruned(play, result, tmp_path):
    output = tmp_path / "output"
    for day, (version, kind) in enumerate([("1.0", "virtualbox"), ("1.1", "virtualbox"), ("1.2", "local"), ("1.3", "virtualbox")], start=1):
        folder = output / "web" / version / "vbox"
        folder.mkdir(parents=True)
        files = [{"path": str(folder / f"web-{version}-vbox.{end}"), "kind": end, "size": 1, "sha256": "0"} for end in ("ova", "box")]
        for file in files:
            pathlib.Path(file["path"]).write_text("x")
        record = {**CAPTURE, "id": "x", "type": kind, "version": version, "location": str(folder), "created": f"2026-01-0{day}T00:00:00Z", "source": {}}
        manifest = {
            "run": "r",
            "build": "web.vbox",
            "artifact": {**record, "files": files[:1]},
            "outputs": [{**record, "type": "vagrant_box", "files": files[1:]}],
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
    (output / "web" / "1.0" / "vbox" / "notes").write_text("mine")
    pruning = {"state": "pruned", "output_dir": str(output), "build": "web.vbox", "retention": {"keep": 1}}
    assert "would remove version 1.0" in play(dict(pruning), face={"check_mode": True}).ok().stdout
    assert len(list(output.glob("*/*/*/*.ova"))) == 4
    play(dict(pruning), dict(pruning)).ok()
    assert [(entry["version"], entry["action"]) for entry in result(1)["images"]] == [("1.3", "keep"), ("1.1", "remove"), ("1.0", "remove")]
    assert result(1)["changed"]
    assert not result(2)["changed"]
    assert sorted(str(path.relative_to(output / "web")) for path in output.rglob("*") if path.is_file() and path.name != "manifest.json") == [
        "1.0/vbox/notes",
        "1.2/vbox/web-1.2-vbox.box",
        "1.2/vbox/web-1.2-vbox.ova",
        "1.3/vbox/web-1.3-vbox.box",
        "1.3/vbox/web-1.3-vbox.ova",
    ]

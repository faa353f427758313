# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an installer's ISO: what is uploaded, inserted, served and typed; the test plays the installer, since the rig's machines boot no CD."""

from __future__ import annotations

import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import typing as t

import pytest
import requests

from tests.rigs.leftovers import left
from tests.rigs.vsphere.rig import GUEST_PASSWORD, GUEST_USER, VSphereRig

from ..lifecycle.conftest import until
from ..workspaces import connected
from .typed import text_of
from .workspace import Workspace, builder, guest_task

CACHED = re.compile(r"\[LocalDS_0\] golden-images/cache/installer-sha256-[0-9a-f]{16}\.iso\Z")
BOOT = ["<esc><wait100ms>", "auto url={{ golden_http_url }}/Answers_1<enter>", "<leftAltOn><f2><leftAltOff>"]
TYPED = re.compile(r"<esc>auto url=(?P<url>http://[\d.]+:\d+)/Answers_1<enter><leftAlt\+f2>\Z")
# Of an installer that never powers the machine off.
ENDLESS: dict[str, t.Any] = {"connection": "none", "guest_user": None, "installation_wait": {"timeout": 1, "interval": 0.1}}
_Ended = t.TypeVar("_Ended")


@pytest.fixture
def installer(tmp_path: pathlib.Path) -> pathlib.Path:
    """An ISO that nothing boots."""
    path = tmp_path / "installer.iso"
    path.write_bytes(b"an installer" * 100_000)
    return path


def of_type(vm: dict[str, t.Any], kind: str) -> list[dict[str, t.Any]]:
    return [device for device in vm["Devices"] if device["Type"] == kind]


def guest_of(rig: VSphereRig) -> dict[str, t.Any] | None:
    """The guest of a build, once it is on."""
    return next((vm for vm in rig.vms().values() if vm["Name"].startswith("golden-") and vm["Power"] == "poweredOn"), None)


def uploads(rig: VSphereRig) -> int:
    return len([call for call in rig.calls() if call.startswith("PUT /folder/golden-images/cache/")])


class Running(t.Generic[_Ended]):
    """A playbook that runs while the test plays the installer.

    :param run: runs it.
    """

    def __init__(self, run: t.Callable[[], _Ended]) -> None:
        self._run = concurrent.futures.ThreadPoolExecutor(1).submit(run)

    def until(self, what: str, look: t.Callable[[], t.Any]) -> t.Any:
        """The first true value of ``look``, which has to come before the end of the playbook."""

        def seen() -> t.Any:
            ended = self._run.done()
            value = look()
            assert value or not ended, self._run.result()
            return value

        return until(what, seen)

    def result(self) -> _Ended:
        return self._run.result()


@pytest.mark.usefixtures("untouched_vcenter")
def test_what_goes_wrong_is_told_and_leaves_nothing(workspace: Workspace, vsphere: VSphereRig, installer: pathlib.Path, tmp_path: pathlib.Path) -> None:
    stored = vsphere.stored("[LocalDS_0] iso/installer.iso")
    stored.parent.mkdir()
    stored.write_bytes(installer.read_bytes())
    fixed = {"disks": [{"size": 1}], **ENDLESS}
    source = {"iso": {"datastore_path": "[LocalDS_0] iso/installer.iso"}}
    vsphere.faults({"Method": "PutUsbScanCodes", "Fault": "SystemError", "Message": "no keyboard"})
    tasks = [
        guest_task(workspace, tmp_path / "keys", register="mute", source=source, boot_command=["<enter>"], boot_wait=0, boot_key_retries=1, **fixed),
        guest_task(workspace, tmp_path / "keys", register="endless", source=source, **fixed),
        guest_task(workspace, tmp_path / "keys", register="absent", source={"iso": {"datastore_path": "[LocalDS_0] iso/other.iso"}}, **fixed),
    ]
    said = workspace.play(*[{**task, "ignore_errors": True} for task in tasks])
    assert "type into rig-guest" in said["mute"]["msg"] and "no keyboard" in said["mute"]["msg"]
    assert vsphere.calls().count("PutUsbScanCodes") == 2
    assert "did not power rig-guest off within 1 s: VMware Tools not running" in said["endless"]["msg"] and "installation_wait" in said["endless"]["msg"]
    assert "there is no file [LocalDS_0] iso/other.iso" in said["absent"]["msg"]
    assert stored.read_bytes() == installer.read_bytes()
    stored.unlink()
    stored.parent.rmdir()


@pytest.mark.usefixtures("untouched_vcenter")
def test_an_installed_guest_is_reached_and_its_installer_uploaded_once(
    workspace: Workspace, vsphere: VSphereRig, installer: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    fixed = {"source": {"iso": {"path": str(installer)}}, "disks": [{"size": 1}]}
    task = guest_task(workspace, tmp_path / "keys", **fixed, guest_user=GUEST_USER, guest_password=GUEST_PASSWORD)
    gone = guest_task(workspace, tmp_path / "keys", "absent", "removed")
    vsphere.faults()
    run = Running(lambda: workspace.play(task, *connected("id -un", ansible_password=GUEST_PASSWORD), gone))
    run.until("the guest", lambda: vsphere.vms().get("/DC0/vm/rig-guest", {}).get("Power") == "poweredOn")
    vsphere.machine("install", "rig-guest", PowerOff=False)
    assert run.result()["said"]["stdout"] == GUEST_USER
    assert uploads(vsphere) == 1
    (file,) = vsphere.stored("[LocalDS_0] golden-images/cache").iterdir()
    again = {**guest_task(workspace, tmp_path / "keys", **fixed, **ENDLESS), "ignore_errors": True}
    # The same name, another size: as after an upload that was cut short.
    cut = {"ansible.builtin.copy": {"content": "an installer", "dest": str(file)}, "register": "cut"}
    vsphere.faults()
    workspace.play(again, cut, again)
    assert uploads(vsphere) == 1 and file.read_bytes() == installer.read_bytes()
    shutil.rmtree(file.parent)


def test_an_installation_becomes_an_image_that_has_nothing_of_it(workspace: Workspace, vsphere: VSphereRig, installer: pathlib.Path) -> None:
    tools = vsphere.stored("[LocalDS_1] tools/tools.iso")
    tools.parent.mkdir()
    tools.write_bytes(b"tools")
    before = vsphere.everything()
    options = builder(
        vsphere,
        source={"iso": {"path": str(installer)}},
        connection="none",
        guest_user=None,
        guest_os="debian11_64Guest",
        disks=[{"size": 1}],
        isos=["[LocalDS_1] tools/tools.iso"],
        cd={"label": "OEMDRV", "content": {"ks.cfg": "url {{ golden_http_url }}\n"}},
        floppy={"content": {"answers.xml": "<answers/>"}},
        http={"content": {"Answers_1": "from {{ golden_http_address }}"}},
        boot_wait=0,
        boot_key_interval=0,
        boot_command=BOOT,
        image_name="{image}",
    )
    workspace.define({"installed": {"version": "1"}}, vsphere=options)
    # The first group of keys is refused once, and typed again.
    vsphere.faults({"Method": "PutUsbScanCodes", "Fault": "SystemError", "Message": "not now", "Times": 1})
    run = Running(lambda: workspace.run("-v"))
    guest = run.until("the guest", lambda: guest_of(vsphere))
    typed = run.until("the keys", lambda: TYPED.match(text_of(vsphere.typed(guest["Name"]))))
    url = typed["url"]
    vm = vsphere.vm(guest["Name"])
    iso, more, cd = [device["File"] for device in of_type(vm, "VirtualCdrom") if device["File"].endswith(".iso")]
    assert CACHED.match(iso) and vsphere.stored(iso).read_bytes() == installer.read_bytes()
    assert more == "[LocalDS_1] tools/tools.iso" and cd == f"[LocalDS_0] golden-images/{guest['Name']}/cd.iso"
    shown = subprocess.run(
        ["xorriso", "-indev", vsphere.stored(cd), "-osirrox", "on", "-concat", "append", "-", "/ks.cfg"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"url {url}\n"
    (floppy,) = of_type(vm, "VirtualFloppy")
    shown = subprocess.run(["mtype", "-i", vsphere.stored(floppy["File"]), "::answers.xml"], capture_output=True, text=True, check=True)
    assert shown.stdout == "<answers/>"
    assert vm["BootOrder"] == [of_type(vm, "VirtualDisk")[0]["Name"], "cdrom"]
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{url}/Answers_1", timeout=10).text == "from " + url.split("/")[2].partition(":")[0]
    vsphere.machine("install", guest["Name"], PowerOff=True)
    output = run.result().ok().output
    assert f"the installer powered {guest['Name']} off" in output and "Answers_1" in output
    image = vsphere.vm("installed")
    assert image["Template"] and not image["BootOrder"]
    assert vsphere.in_content("installed", "test -x /usr/sbin/sshd && echo installed") == "installed"
    assert [len(of_type(image, kind)) for kind in ("VirtualDisk", "VirtualFloppy")] == [1, 0]
    assert not [device for device in of_type(image, "VirtualCdrom") if device["File"]]
    # The installer stays for the next build, and what was the guest's own is gone.
    assert vsphere.stored(iso).exists() and not vsphere.stored(cd).parent.exists()
    now = left(before, vsphere.everything())
    assert {machine.partition(" ")[2] for machine in now.pop("machines")} == {"/DC0/vm/installed (template)"}
    (disk,) = of_type(image, "VirtualDisk")
    own = disk["File"].partition("] ")[2].partition("/")[0]
    assert {name for name in now.pop("files") if f"/{own}/" not in name.replace("] ", "]/")} == {iso.replace("] ", "]/"), "[LocalDS_0]/golden-images/cache/"}
    assert now == {}
    assert "up to date" in workspace.run().ok().stdout

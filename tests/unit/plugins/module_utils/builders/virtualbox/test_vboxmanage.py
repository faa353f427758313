# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of VBoxManage: what is tried again, and what an error says."""

from __future__ import annotations

import json
import pathlib
import types
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox import vboxmanage
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.vboxmanage import (
    LockedError,
    MissingMachineError,
    ServiceLostError,
    VBoxError,
    VBoxManage,
)
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError, MissingDependencyError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context

from .conftest import FakeVirtualBox

MISSING = """VBoxManage: error: Could not find a registered machine named 'web'
VBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001), component VirtualBoxWrap, interface IVirtualBox, callee nsISupports
VBoxManage: error: Context: "FindMachine(Bstr(VMNameOrUuid).raw(), machine.asOutParam())" at line 3248 of file VBoxManageInfo.cpp
"""
LOCKED = """VBoxManage: error: The machine 'web' is already locked for a session (or being unlocked)
VBoxManage: error: Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap, interface IMachine, callee nsISupports
"""


def test_a_service_that_is_starting_and_a_lock_are_waited_for(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("list", code=1, once=True, err="VBoxManage: error: Failed to create the VirtualBox object!\n")
    virtualbox.answer("list", code=1, once=True, err=LOCKED)
    virtualbox.answer("list", out='"web" {868321f4-ed52-4819-b2d7-d50c3842d96f}\n')
    assert virtualbox.vbox.machines() == {"web": "868321f4-ed52-4819-b2d7-d50c3842d96f"}
    assert len(virtualbox.calls) == 3


def test_a_machine_that_comes_or_goes_is_asked_again_and_never_changed_twice(virtualbox: FakeVirtualBox) -> None:
    unready = "VBoxManage: error: The object is not ready\nVBoxManage: error: Details: code E_ACCESSDENIED (0x80070005)\n"
    virtualbox.answer("showvminfo", code=1, once=True, err=unready)
    virtualbox.answer("showvminfo", out='VMState="poweroff"\n')
    assert virtualbox.vbox.state("web") == "poweroff"
    virtualbox.answer("modifyvm", code=1, err=unready)
    with pytest.raises(VBoxError, match="The object is not ready"):
        virtualbox.vbox.run("modifyvm", "web")
    assert [call[0] for call in virtualbox.calls] == ["showvminfo", "showvminfo", "modifyvm"]


def test_other_failures_are_told_at_once(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer(
        "createvm",
        code=1,
        err="VBoxManage: error: Machine settings file '/x' already exists\nVBoxManage: error: Details: code VBOX_E_FILE_ERROR (0x80bb0004)\n",
    )
    with pytest.raises(VBoxError) as caught:
        virtualbox.vbox.run("createvm", what="make the machine web")
    assert caught.value.message == "VirtualBox could not make the machine web: Machine settings file '/x' already exists"
    assert caught.value.code == "VBOX_E_FILE_ERROR"
    assert len(virtualbox.calls) == 1


def test_a_missing_machine_is_told_from_other_errors(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("showvminfo", code=1, err=MISSING)
    with pytest.raises(MissingMachineError, match=r"Could not find a registered machine named 'web'\.?$"):
        virtualbox.vbox.info("web")
    assert virtualbox.vbox.find("web") is None
    assert virtualbox.vbox.state("web") == "absent"


def test_a_call_that_may_be_refused_is_made_once(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("closemedium", code=1, err=LOCKED)
    with pytest.raises(LockedError):
        virtualbox.vbox.once("closemedium", "dvd", "x")
    assert len(virtualbox.calls) == 1


def test_a_service_that_was_killed_is_named(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer(
        "modifyvm", code=1, err="VBoxManage: error: Code NS_ERROR_CALL_FAILED (0x800706be) - Call to remote object failed (extended info not available)\n"
    )
    with pytest.raises(ServiceLostError, match="VBoxSVC, the service of VirtualBox, ended"):
        virtualbox.vbox.run("modifyvm", "web", "--memory", "512")


def test_a_crash_for_the_lost_service_shows_no_stack(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("showvminfo", code=133, err="\n!!Assertion Failed!!\nExpression: state <= 1\n00007fbca07975ca VBoxRT.so!RTAssertMsg2V+0xe6\n")
    with pytest.raises(ServiceLostError, match=r"showvminfo web failed: it crashed \(VBoxSVC"):
        virtualbox.vbox.info("web")


def test_the_version_is_found_behind_a_warning(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer(
        "--version", out="WARNING: The character device /dev/vboxdrv does not exist.\n\t Please install it for 6.1.0 kernels.\n7.2.22_Debianr175245\n"
    )
    assert virtualbox.vbox.version() == (7, 2, 22)


def test_the_environment_is_virtualbox_alone(virtualbox: FakeVirtualBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDEN_RUN_ID", "4711")
    virtualbox.answer("list", out="{environment}")
    found = json.loads(VBoxManage(str(virtualbox.program), user_home="/home/x", socket_id="golden1").run("list"))
    assert (found["VBOX_USER_HOME"], found["VBOX_IPC_SOCKETID"], found["LC_ALL"]) == ("/home/x", "golden1", "C.UTF-8")
    # What serves others must not pass for a command of this run.
    assert not found["GOLDEN_RUN_ID"]
    virtualbox.answer("where", out="{cwd}")
    assert virtualbox.vbox.run("where") == "/"


def test_an_own_virtualbox_is_found_again_by_its_details(virtualbox: FakeVirtualBox, tmp_path: pathlib.Path) -> None:
    params = {"vboxmanage_path": str(virtualbox.program), "isolated": True, "directory": str(tmp_path)}
    vbox = VBoxManage.of(params, Context(), "golden-web")
    assert vbox.is_isolated and vbox.user_home == str(tmp_path / "golden-web.virtualbox")
    again = VBoxManage.of_details({"virtualbox": vbox.details}, {})
    assert (again.path, again.user_home, again.socket_id) == (vbox.path, vbox.user_home, vbox.socket_id)
    with pytest.raises(BuilderError, match="where the guest's own VirtualBox goes"):
        VBoxManage.of({**params, "directory": None}, Context(), "golden-web")


def test_a_missing_program_is_told() -> None:
    with pytest.raises(MissingDependencyError, match="/nonexistent/VBoxManage is not installed"):
        VBoxManage.of({"vboxmanage_path": "/nonexistent/VBoxManage"}, Context())


def test_a_call_that_hangs_is_given_up_and_not_made_again(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "VBoxManage"
    program.write_text("#!/bin/sh\nexec sleep 1000\n", encoding="utf-8")
    program.chmod(0o755)
    made: list[t.Any] = []
    run_command = vboxmanage.run_command
    monkeypatch.setattr(vboxmanage, "run_command", lambda *arguments, **more: (made.append(arguments), run_command(*arguments, **more))[1])
    with pytest.raises(VBoxError, match=r"could not list: it did not answer within 0\.5 s.*command_timeout") as caught:
        VBoxManage(str(program), timeout=0.5).run("list", "vms", what="list")
    assert not isinstance(caught.value, LockedError)
    assert len(made) == 1


def test_a_call_that_was_killed_is_no_call_that_hangs(tmp_path: pathlib.Path) -> None:
    program = tmp_path / "VBoxManage"
    program.write_text("#!/bin/sh\nkill -KILL $$\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(VBoxError, match="VBoxManage list vms failed: it was ended by signal 9"):
        VBoxManage(str(program)).run("list", "vms")


def test_a_lock_is_not_waited_for_for_ever(virtualbox: FakeVirtualBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vboxmanage, "_RETRIES", types.SimpleNamespace(ticks=lambda: (0.0, 1.0)))
    virtualbox.answer("modifyvm", code=1, err=LOCKED)
    with pytest.raises(LockedError, match=r"already locked for a session.*the other program that uses it"):
        virtualbox.vbox.run("modifyvm", "web", "--memory", "512")
    assert len(virtualbox.calls) == 2


def test_short_timeouts_are_not_believed(virtualbox: FakeVirtualBox) -> None:
    assert VBoxManage.of({"vboxmanage_path": str(virtualbox.program), "command_timeout": 1.0}, Context()).timeout == 30.0


def test_machines_without_settings_are_listed_apart(virtualbox: FakeVirtualBox) -> None:
    virtualbox.answer("list", "vms", out='"a" {868321f4-ed52-4819-b2d7-d50c3842d96f}\n"<inaccessible>" {3e4bc32d-864e-4bd0-bf00-281a9343e1cf}\n')
    virtualbox.answer(
        "list",
        "--long",
        "vms",
        out="Name:                        a\nUUID: 868321f4-ed52-4819-b2d7-d50c3842d96f\n\n"
        "Name:            <inaccessible!>\nUUID:            3e4bc32d-864e-4bd0-bf00-281a9343e1cf\nConfig file:     /x/bad.vbox\nAccess error details:\n",
    )
    assert set(virtualbox.vbox.machines()) == {"a"}
    assert virtualbox.vbox.unreadable() == {"3e4bc32d-864e-4bd0-bf00-281a9343e1cf": "/x/bad.vbox"}

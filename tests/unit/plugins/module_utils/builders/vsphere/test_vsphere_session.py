# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks vCenter, and how."""

from __future__ import annotations

import http.client
import types
import typing as t

import pytest
from pyVmomi import vim, vmodl

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere import session, stub
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.errors import VsphereError, doing, fault_error, is_fault
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.session import auth_of, check_auth, check_given_auth
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.stub import KeptStub, exact
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter

ACCOUNT = {"hostname": "vcenter.example.org", "username": "builder", "password": "hidden"}


def test_what_is_not_given_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOST": "vc", "USER": "u", "PASSWORD": "p", "VALIDATE_CERTS": "False", "PORT": "8443"}.items():
        monkeypatch.setenv(f"VMWARE_{name}", value)
    known = auth_of({"username": "mine"})
    assert (known["hostname"], known["username"], known["password"], known["port"], known["validate_certs"]) == ("vc", "mine", "p", 8443, False)
    assert auth_of({"validate_certs": True})["validate_certs"] is True


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"hostname": None}, "hostname of vCenter is not given.*VMWARE_HOST"),
        ({"password": None}, "password of vCenter is not given"),
        ({"hostname": "https://vcenter/"}, "no name or address"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file: /nowhere/ca.pem does not exist"),
        ({"ca_file": "/nowhere/ca.pem", "validate_certs": False}, "Remove one of the two"),
        ({"port": 70000}, "port is 70000"),
    ],
)
def test_options_that_cannot_be_are_refused(given: dict[str, t.Any], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PASSWORD"):
        monkeypatch.delenv(f"VMWARE_{name}", raising=False)
    with pytest.raises(BuilderError, match=message):
        check_auth({**ACCOUNT, **given})


def test_a_definition_is_read_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "USER", "PASSWORD"):
        monkeypatch.delenv(f"VMWARE_{name}", raising=False)
    check_given_auth({})
    with pytest.raises(BuilderError, match="no name or address"):
        check_given_auth({"hostname": "vcenter/sdk"})


class Adapter:
    """Answers calls one after the other; an exception is a cut connection."""

    version = "vim.version.version9"

    def __init__(self, *answers: t.Any) -> None:
        self.answers = list(answers)

    def InvokeMethod(self, mo: t.Any, info: t.Any, args: t.Any, outer: t.Any) -> t.Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stub, "_RETRIES", Waiter("an answer", timeout=30, interval=0.0, longest=0.0))


def called(name: str, *answers: t.Any) -> tuple[t.Any, list[int]]:
    logins: list[int] = []
    kept = KeptStub(Adapter(*answers), lambda _adapter: logins.append(1))
    kept.open()
    return kept.InvokeMethod(None, types.SimpleNamespace(wsdlName=name), ()), logins


def test_an_ended_session_is_opened_again_for_any_call() -> None:
    assert called("CloneVM_Task", (500, vim.fault.NotAuthenticated()), (200, "task")) == ("task", [1, 1])


def test_an_ended_session_is_told_by_properties_that_are_missing() -> None:
    collector = vmodl.query.PropertyCollector
    missing = collector.MissingProperty(path="info", fault=vim.fault.NotAuthenticated())
    ended = collector.RetrieveResult(objects=[collector.ObjectContent(obj=vim.Task("task-1"), missingSet=[missing])])
    assert called("RetrievePropertiesEx", (200, ended), (200, "found")) == ("found", [1, 1])


def test_a_session_that_is_ended_at_once_is_not_opened_for_ever() -> None:
    with pytest.raises(vim.fault.NotAuthenticated):
        called("CloneVM_Task", *[(500, vim.fault.NotAuthenticated())] * 4)


def test_a_question_that_got_no_answer_is_asked_again() -> None:
    assert called("RetrievePropertiesEx", ConnectionResetError(), http.client.RemoteDisconnected(), (200, "found")) == ("found", [1])


def test_what_ends_something_is_asked_for_again_when_there_was_no_answer() -> None:
    assert called("Destroy_Task", ConnectionResetError(), (200, "task")) == ("task", [1])


def test_a_change_that_got_no_answer_is_not_made_twice() -> None:
    with pytest.raises(ConnectionResetError):
        called("CloneVM_Task", ConnectionResetError(), (200, "task"))


def test_a_broken_connection_is_told_with_what_to_do() -> None:
    with pytest.raises(VsphereError, match=r"could not clone web: the connection failed: Connection refused\. Check hostname") as caught, doing("clone web"):
        raise ConnectionRefusedError(111, "Connection refused")
    assert caught.value.code == "ConnectionRefusedError"


def test_a_fault_is_told_with_its_name_and_all_its_words() -> None:
    fault = vim.fault.NoPermission(msg="Permission to perform this operation was denied.", privilegeId="VirtualMachine.Inventory.Delete")
    error = fault_error(fault, "remove web", "virtual machine web")
    assert "denied: the privilege VirtualMachine.Inventory.Delete is missing (NoPermission)" in error.message
    assert "privilege VirtualMachine.Inventory.Delete" in str(error.hint)
    assert is_fault(error, "NoPermission") and is_fault(fault, "SecurityError") and not is_fault(error, "DuplicateName")


def test_faults_of_the_sdk_become_ours() -> None:
    with pytest.raises(VsphereError, match=r"\(ManagedObjectNotFound\)"), doing("look"):
        raise vmodl.fault.ManagedObjectNotFound(msg="gone")
    with pytest.raises(KeyError), doing("look"):
        raise KeyError("ours")


class Tagged(str):
    """Stands for the text of Ansible, which is no text to the SDK."""

    __module__ = "ansible.tagged"


def test_text_of_ansible_becomes_text_of_python() -> None:
    spec = vim.vm.ConfigSpec(name=Tagged("web"), extraConfig=[vim.option.OptionValue(key=Tagged("a"), value="b")])
    assert [type(text) for text in (exact(spec).name, spec.extraConfig[0].key)] == [str, str]
    assert [type(item) for item in exact([Tagged("x"), 1, True, None])] == [str, int, bool, type(None)]


def test_a_journal_line_holds_no_password() -> None:
    vcenter = object.__new__(session.VCenter)
    vcenter.auth = auth_of(ACCOUNT)
    assert "hidden" not in repr(vcenter.resource("virtual machine", "web", run="1"))
    assert vcenter.resource("virtual machine", "web").details["connection"]["hostname"] == "vcenter.example.org"

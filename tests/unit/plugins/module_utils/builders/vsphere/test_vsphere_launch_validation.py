# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a guest that are refused before anybody is asked."""

from __future__ import annotations

import types
import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.customization import computer_name, customization_spec
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.guestinfo import values
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.keyboard import key_spec
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.launch_validation import check_launch
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.options import guest_view
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.planning import for_verification
from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.questions import answer_to, key_of
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._media.usb_codes import UsbKey

Options = t.Callable[..., dict[str, t.Any]]
Json = dict[str, t.Any]

LIBRARY_ITEM = {"library": "images", "item": "web"}
INSTALLED = {"source": {"iso": {"datastore_path": "[ds] a.iso"}}, "datastore": "ds", "network": "N", "disks": [{"size": 1}], "guest_password": "x"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"datastore": "a", "datastore_cluster": "b"}, "exclude each other"),
        ({"source": {"library": {"library": "l", "item": "i"}}}, "Give datastore or datastore_cluster"),
        ({**INSTALLED, "source": {"iso": {"datastore_path": "ds/a.iso"}}}, "no path on a datastore"),
        ({**INSTALLED, "source": {"iso": {"path": "/nowhere.iso"}}}, "there is no file /nowhere.iso"),
        ({"source": {"ova": {"urls": ["ftp://a/b.ova"], "checksum": "sha256:" + "0" * 64}}}, "no http or https URL"),
        ({"connection": "none", "guest_user": "debian"}, "guest_user cannot be used with connection: none"),
        ({"connection": "winrm"}, "needs the option guest_password"),
        ({"guest_port": 70000}, "guest_port is 70000"),
        ({"answers": [{"question": "(", "answer": "Yes"}]}, "no regular expression"),
        ({"isos": ["a.iso"]}, "no path on a datastore"),
        ({"media_folder": "../x"}, "no folder of a datastore"),
        ({"boot_command": ["<aOn>x<aOff>"]}, "cannot be held down"),
        ({"boot_key_retries": -1}, "boot_key_retries"),
        ({**INSTALLED, "customization": {"linux": {}}}, "customization is for clones"),
        ({"customization": {"linux": {}, "interfaces": [{"address": "10.0.0.5"}]}}, "no address with its prefix"),
        ({"customization": {"linux": {}, "interfaces": [{"gateway": "10.0.0.1"}]}}, "a gateway without address"),
        ({"customization": {"linux": {}, "dns_servers": ["x"]}}, "x is no address"),
        ({"boot_wait": -1}, "boot_wait is less than 0"),
        ({"source": {"library": LIBRARY_ITEM}, "datastore": "ds", "disks": [{"datastore": "fast"}]}, "goes to the datastore of the guest"),
        ({"source": {"library": LIBRARY_ITEM}, "datastore": "ds", "disks": [{"provisioning": "thick"}]}, "vCenter decides how it is stored"),
        ({"customization": {"windows": {"computer_name": "a-name-that-is-too-long"}}}, "no name for a Windows computer"),
    ],
)
def test_what_cannot_be_is_refused(guest_options: Options, given: Json, message: str) -> None:
    options = guest_options(**given)
    with pytest.raises(BuilderError, match=message):
        check_launch(options, options["source"])


@pytest.mark.parametrize(
    "given", [{}, INSTALLED, {"source": {"image_of": "base"}}, {"customization": {"linux": {}, "interfaces": [{"address": "10.0.0.5/24"}]}}]
)
def test_what_can_be_is_not(guest_options: Options, given: Json) -> None:
    options = guest_options(**{name: value for name, value in given.items() if value != {"image_of": "base"}})
    check_launch(options, {"image_of": "base"} if given.get("source") == {"image_of": "base"} else options["source"])


def test_the_logins_of_guest_and_vcenter_are_told_apart(guest_options: Options) -> None:
    options = guest_options(guest_user="debian", guest_port=2222)
    view = guest_view(options)
    assert (view["user"], view["password"], view["port"]) == ("debian", None, 2222)
    assert options["password"] == "hidden"


def test_a_guest_that_verifies_gets_nothing_of_the_installation(guest_options: Options) -> None:
    options = for_verification(guest_options(**INSTALLED, cpus=4, boot_command=["x"], cd={"content": {"a": "b"}}, extra_config={"a": 1}))
    assert (options["cpus"], options["boot_command"], options["cd"], options["disks"], options["extra_config"]) == (None, [], None, [], {})
    assert options["network"] == "N"


def test_linux_is_customized_with_static_addresses(guest_options: Options) -> None:
    wanted = guest_options(
        customization={
            "linux": {"host_name": "web", "time_zone": "Europe/Berlin"},
            "interfaces": [{"address": "10.0.0.5/24", "gateway": "10.0.0.1", "ipv6_addresses": ["fd00::5/64"], "ipv6_gateway": "fd00::1"}],
            "dns_servers": ["10.0.0.2"],
        }
    )["customization"]
    spec = customization_spec(wanted, "golden-web", 2)
    first, second = (entry.adapter for entry in spec.nicSettingMap)
    assert (spec.identity.hostName.name, spec.identity.timeZone, spec.globalIPSettings.dnsServerList) == ("web", "Europe/Berlin", ["10.0.0.2"])
    assert (first.ip.ipAddress, first.subnetMask, first.gateway) == ("10.0.0.5", "255.255.255.0", ["10.0.0.1"])
    assert (first.ipV6Spec.ip[0].ipAddress, first.ipV6Spec.ip[0].subnetMask, first.ipV6Spec.gateway) == ("fd00::5", 64, ["fd00::1"])
    assert isinstance(second.ip, vim.vm.customization.DhcpIpGenerator)
    with pytest.raises(BuilderError, match="interfaces has 1 entries, and the virtual machine 0 adapters"):
        customization_spec(wanted, "golden-web", 0)


def test_windows_is_customized_by_sysprep(guest_options: Options) -> None:
    windows = {"admin_password": "secret", "auto_logon": 2, "run_once": ["cmd /c a"]}
    spec = customization_spec(guest_options(customization={"windows": windows})["customization"], "golden-web-vsphere-3f2a", 1)
    assert (spec.identity.guiUnattended.autoLogonCount, spec.identity.guiUnattended.password.value) == (2, "secret")
    assert (spec.identity.userData.computerName.name, spec.identity.guiRunOnce.commandList) == ("eb-vsphere-3f2a", ["cmd /c a"])
    text = customization_spec(guest_options(customization={"sysprep": "<unattend/>"})["customization"], "web", 1)
    assert (text.identity.value, text.options.changeSID) == ("<unattend/>", True)


def test_names_of_windows_computers_are_short() -> None:
    assert computer_name("web.build_1") == "webbuild1"
    assert computer_name("a" * 14 + "-b") == "a" * 13 + "-b"


def test_guestinfo_is_the_same_for_the_same_seed() -> None:
    seed = {"user-data": "#cloud-config\n{}\n", "meta-data": '{"instance-id": "web"}', "network-config": '{"version": 2}'}
    assert values(seed) == values(dict(seed))
    assert set(values(seed)) == {"guestinfo.userdata", "guestinfo.userdata.encoding", "guestinfo.metadata", "guestinfo.metadata.encoding"}


def test_keys_are_sent_with_what_is_held() -> None:
    spec = key_spec([UsbKey(0x00040007), UsbKey(0x00050007, frozenset({"leftShift", "leftGui"}))])
    plain, shifted = spec.keyEvents
    assert (plain.usbHidCode, plain.modifiers) == (0x00040007, None)
    assert (shifted.modifiers.leftShift, shifted.modifiers.leftGui, shifted.modifiers.leftAlt) == (True, True, None)


def test_questions_are_answered_by_their_text_or_id() -> None:
    question = types.SimpleNamespace(message=[types.SimpleNamespace(id="msg.uuid.altered")])
    answers = [{"question": "never", "answer": "no"}, {"question": r"msg\.uuid", "answer": "I Copied It"}]
    assert answer_to(question, "It may have been moved.", answers) == "I Copied It"
    assert answer_to(question, "It may have been moved.", answers[:1]) is None
    choices = {"0": "Cancel", "2": "button.uuid.copied.I Copied It", "1": "I moved it"}
    assert (key_of("2", choices), key_of("i copied it", choices), key_of("I moved it", choices), key_of("Perhaps", choices)) == ("2", "2", "1", None)

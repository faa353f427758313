# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guest customization: vSphere gives a clone its name and its addresses when it starts for the first time."""

from __future__ import annotations

import ipaddress
import pathlib
import typing as t

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from ..._lifecycle.operation import Context
from . import questions
from .cloning import devices_of
from .errors import doing
from .machines import task_waiter
from .sdk import Managed, vim
from .session import VCenter
from .tasks import run_task

Options = t.Mapping[str, t.Any]

_LONGEST_COMPUTER_NAME = 15
_MOST_COMPUTER_NAME = "letters, digits and hyphens, at most 15"


def check_customization(options: Options, kind: str) -> None:
    """:raises BuilderError: for what cannot be; asks nobody."""
    wanted = options["customization"]
    if not wanted:
        return
    if kind == "iso":
        raise BuilderError("customization is for clones, and an installer is started here", hint="Give names and addresses in the installer's answers.")
    if wanted["sysprep_file"] and not pathlib.Path(str(wanted["sysprep_file"])).is_file():
        raise BuilderError(f"customization: sysprep_file: {wanted['sysprep_file']} does not exist")
    name = (wanted["windows"] or {}).get("computer_name")
    if name and (len(name) > _LONGEST_COMPUTER_NAME or not name.replace("-", "").isalnum()):
        raise BuilderError(f"customization: {name} is no name for a Windows computer", hint=f"It has {_MOST_COMPUTER_NAME}.")
    for number, interface in enumerate(wanted["interfaces"]):
        _check_interface(interface, number)
    for address in wanted["dns_servers"]:
        _check_ip(address, "dns_servers")


def _check_interface(interface: Options, number: int) -> None:
    what = f"interfaces: {number}"
    for value in (interface["address"], *interface["ipv6_addresses"]):
        if value is None:
            continue
        try:
            parsed = ipaddress.ip_interface(value)
        except ValueError as error:
            raise BuilderError(f"customization: {what}: {value} is no address with its prefix", hint="It is written 192.168.10.5/24.") from error
        if "/" not in value or (parsed.version == 6) != (value in interface["ipv6_addresses"]):
            raise BuilderError(
                f"customization: {what}: {value} is no address with its prefix", hint="address takes 192.168.10.5/24, ipv6_addresses fd00::5/64."
            )
    for name in ("gateway", "ipv6_gateway"):
        if interface[name]:
            _check_ip(interface[name], f"{what}: {name}")
    for address in interface["dns_servers"]:
        _check_ip(address, f"{what}: dns_servers")
    if interface["gateway"] and not interface["address"]:
        raise BuilderError(f"customization: {what}: a gateway without address", hint="DHCP gives the gateway too.")


def _check_ip(value: str, what: str) -> None:
    try:
        ipaddress.ip_address(value)
    except ValueError as error:
        raise BuilderError(f"customization: {what}: {value} is no address") from error


def customize(vcenter: VCenter, vm: Managed, name: str, options: Options, context: Context) -> None:
    """Have the guest customized at its next start.

    :param vm: switched off.
    :raises VsphereError: when vSphere cannot customize such a guest.
    """
    if not options["customization"]:
        return
    cards = len(devices_of(vcenter, vm).of(vim.vm.device.VirtualEthernetCard))
    spec = customization_spec(options["customization"], name, cards)
    context.say(f"gives vSphere the customization of {name}")
    run_task(
        vcenter,
        lambda: vm.CustomizeVM_Task(spec),
        f"customize {name}",
        task_waiter(options),
        option="task_wait",
        context=context,
        resource=f"virtual machine {name}",
    )


def customization_spec(wanted: Options, name: str, cards: int) -> t.Any:
    """As vSphere takes it.

    :param cards: adapters of the virtual machine; each needs settings, and those that have none of their own use DHCP.
    """
    custom = vim.vm.customization
    if len(wanted["interfaces"]) > cards:
        raise BuilderError(f"customization: interfaces has {len(wanted['interfaces'])} entries, and the virtual machine {cards} adapters")
    interfaces = [*wanted["interfaces"], *[None] * (cards - len(wanted["interfaces"]))]
    options = None
    if wanted["windows"] or wanted["sysprep"] or wanted["sysprep_file"]:
        change_sid = wanted["windows"]["change_sid"] if wanted["windows"] else True
        options = custom.WinOptions(changeSID=change_sid, deleteAccounts=False)
    return custom.Specification(
        identity=_identity(wanted, name),
        options=options,
        globalIPSettings=custom.GlobalIPSettings(dnsServerList=list(wanted["dns_servers"]), dnsSuffixList=list(wanted["dns_suffixes"])),
        nicSettingMap=[custom.AdapterMapping(adapter=_adapter(interface)) for interface in interfaces],
    )


def _identity(wanted: Options, name: str) -> t.Any:
    custom = vim.vm.customization
    if wanted["linux"]:
        linux = wanted["linux"]
        host_name = custom.FixedName(name=linux["host_name"]) if linux["host_name"] else custom.VirtualMachineName()
        identity = custom.LinuxPrep(hostName=host_name, domain=linux["domain"], timeZone=linux["time_zone"], hwClockUTC=linux["hardware_clock_utc"])
        if linux["script"]:
            identity.scriptText = linux["script"]
        return identity
    if not wanted["windows"]:
        text = wanted["sysprep"] or pathlib.Path(str(wanted["sysprep_file"])).read_text(encoding="utf-8-sig")
        return custom.SysprepText(value=text)
    windows = wanted["windows"]
    computer = custom.FixedName(name=windows["computer_name"] or computer_name(name))
    password = custom.Password(plainText=True, value=windows["admin_password"]) if windows["admin_password"] else None
    return custom.Sysprep(
        guiUnattended=custom.GuiUnattended(
            autoLogon=windows["auto_logon"] > 0, autoLogonCount=windows["auto_logon"], timeZone=windows["time_zone"], password=password
        ),
        userData=custom.UserData(computerName=computer, fullName=windows["full_name"], orgName=windows["organization"], productId=windows["product_id"] or ""),
        identification=custom.Identification(joinWorkgroup=windows["workgroup"]),
        guiRunOnce=custom.GuiRunOnce(commandList=list(windows["run_once"])) if windows["run_once"] else None,
    )


def computer_name(guest: str) -> str:
    """A name that Windows accepts, of a guest's; the end of it tells guests apart."""
    allowed = "".join(letter for letter in guest if letter.isalnum() or letter == "-")
    return allowed[-_LONGEST_COMPUTER_NAME:].strip("-") or "golden"


def _adapter(interface: Options | None) -> t.Any:
    custom = vim.vm.customization
    settings = custom.IPSettings(ip=custom.DhcpIpGenerator())
    if interface is None:
        return settings
    if interface["address"]:
        address = ipaddress.ip_interface(interface["address"])
        settings.ip = custom.FixedIp(ipAddress=str(address.ip))
        settings.subnetMask = str(address.netmask)
        if interface["gateway"]:
            settings.gateway = [interface["gateway"]]
    if interface["ipv6_addresses"]:
        addresses = [ipaddress.ip_interface(value) for value in interface["ipv6_addresses"]]
        settings.ipV6Spec = custom.IPSettings.IpV6AddressSpec(
            ip=[custom.FixedIpV6(ipAddress=str(address.ip), subnetMask=address.network.prefixlen) for address in addresses],
            gateway=[interface["ipv6_gateway"]] if interface["ipv6_gateway"] else None,
        )
    settings.dnsServerList = list(interface["dns_servers"])
    settings.dnsDomain = interface["dns_domain"]
    return settings


def wait_until_customized(vcenter: VCenter, vm: Managed, name: str, options: Options, context: Context) -> None:
    """Wait for the end of the customization, which the guest reports: it may restart until then.

    :raises BuilderError: when it failed, saying where its log is.
    """
    if not options["customization"]:
        return
    waiter = waiter_of(options, "customization_wait", f"the customization of {name}")
    context.say(f"waiting for the customization of {name}")
    began = False
    for _elapsed in waiter.ticks():
        questions.look(vcenter, vm, name, options["answers"], context)
        kinds = {type(event).__name__.rpartition(".")[2]: event for event in _events(vcenter, vm)}
        if "CustomizationSucceeded" in kinds:
            return
        failed = next((event for kind, event in kinds.items() if kind in _FAILURES), None)
        if failed is not None:
            raise BuilderError(
                f"the customization of {name} failed: {' '.join(str(failed.fullFormattedMessage).split())}",
                hint=f"See {getattr(failed, 'logLocation', None) or '/var/log/vmware-imc or C:/Windows/Temp/vmware-imc'} in the guest.",
                resource=f"virtual machine {name}",
            )
        began = began or "CustomizationStartedEvent" in kinds
    state = "it began and did not end" if began else "it did not begin"
    raise WaitTimeoutError(
        f"the customization of {name} was not over within {waiter.timeout:g} s: {state}",
        hint=f"The guest needs VMware Tools (open-vm-tools), and perl or cloud-init. {longer('customization_wait')}.",
        resource=f"virtual machine {name}",
    )


_FAILURES = (
    "CustomizationFailed",
    "CustomizationUnknownFailure",
    "CustomizationLinuxIdentityFailed",
    "CustomizationNetworkSetupFailed",
    "CustomizationSysprepFailed",
)


def _events(vcenter: VCenter, vm: Managed) -> list[t.Any]:
    event = vim.event
    by_entity = event.EventFilterSpec.ByEntity(entity=vm, recursion="self")
    names = ["CustomizationStartedEvent", "CustomizationSucceeded", *_FAILURES]
    with doing("read the events of a virtual machine"):
        found = vcenter.content.eventManager.QueryEvents(event.EventFilterSpec(entity=by_entity, eventTypeId=[f"vim.event.{name}" for name in names]))
    return list(found or ())

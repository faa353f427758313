# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vSphere refused, in sentences that say what to do about it."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import typing as t
import xml.parsers.expat

from ..._lifecycle.errors import BuilderError
from .sdk import vmodl

#: The answer never came, or was none of vCenter's: whether the call did anything is not known.
CUT = (OSError, http.client.HTTPException, xml.parsers.expat.ExpatError)

_HINTS = {
    "InvalidLogin": "Check username and password; a user of a domain is written user@domain",
    "NotAuthenticated": "The session ended and could not be opened again: check username and password, and the limits of sessions on vCenter",
    "InsufficientResourcesFault": "Give the guest fewer CPUs, less memory or smaller reservations, or another cluster, host or resource pool",
    "NoDiskSpace": "Make room on the datastore, or give another one",
    "InvalidDatastorePath": "Datastore paths are written '[datastore] folder/file'",
    "InvalidDatastore": "Check the datastore, and that the host reaches it",
    "FileNotFound": "Check the path, and that the host reaches the datastore",
    "FileLocked": "Something else has the file open: a virtual machine that uses the same disk or medium, or another build",
    "InvalidDeviceBacking": "Check the networks and the files that devices are to use, and that the host reaches them",
    "InvalidDeviceSpec": "Check controllers, disks and network_adapters against the hardware version of the virtual machine",
    "InvalidPowerState": "Something else switched the virtual machine on or off meanwhile",
    "TaskInProgress": "Another task works on it: wait until it is through",
    "RestrictedVersion": "The licence of the host does not include this",
    "UncustomizableGuest": "The guest cannot be customized: it needs VMware Tools (open-vm-tools with perl or cloud-init), and a system that vSphere supports",
    "DuplicateName": "Remove or rename what has this name, or use another folder",
    "HostNotConnected": "Give another host, or connect this one again",
}


class VsphereError(BuilderError):
    """vSphere, or the way there, refused a call.

    :ivar code: vSphere's word for it, ``DuplicateName``; the class of the error when there was no answer of vSphere's.
    """

    def __init__(self, message: str, *, code: str, hint: str | None = None, resource: str | None = None) -> None:
        super().__init__(message, hint=hint, resource=resource)
        self.code = code


def name_of(fault: object) -> str:
    """The fault's type as vSphere writes it: ``DuplicateName``."""
    return type(fault).__name__.rpartition(".")[2]


def text_of(fault: t.Any) -> str:
    """All that a fault says, for people: its message and the details behind it."""
    texts = [str(getattr(fault, "localizedMessage", None) or getattr(fault, "msg", None) or "").strip()]
    texts += [str(getattr(part, "message", None) or "").strip() for part in getattr(fault, "faultMessage", None) or ()]
    if name_of(fault) == "NoPermission" and getattr(fault, "privilegeId", None):
        texts.append(f"the privilege {fault.privilegeId} is missing")
    for value in (
        getattr(fault, "property", None) or getattr(fault, "invalidProperty", None),
        getattr(fault, "datastorePath", None),
        getattr(fault, "file", None),
    ):
        if isinstance(value, str) and value:
            texts.append(value)
    distinct = dict.fromkeys(text.rstrip(". ") for text in texts if text)
    return ": ".join(distinct)


def is_fault(error: object, *names: str) -> bool:
    """Whether an error is one of these faults, ours or the SDK's; also when the fault is of a type derived from one of them."""
    if isinstance(error, VsphereError):
        return error.code in names
    return any(known.__name__.rpartition(".")[2] in names for known in type(error).__mro__)


def fault_error(fault: t.Any, what: str, resource: str | None = None, hint: str | None = None) -> VsphereError:
    """A fault as an error of ours.

    :param what: completes "vSphere could not …".
    """
    code, reason = name_of(fault), text_of(fault)
    message = f"vSphere could not {what}: {reason} ({code})" if reason else f"vSphere could not {what} ({code})"
    return VsphereError(message, code=code, hint=_hint_of(fault, code) or hint, resource=resource)


def _hint_of(fault: t.Any, code: str) -> str | None:
    if code == "NoPermission":
        privilege = getattr(fault, "privilegeId", None)
        return f"Give the role of this user the privilege {privilege or 'that is missing'} on it, see the list in the guide of the vsphere builder"
    for known in type(fault).__mro__:
        hint = _HINTS.get(known.__name__.rpartition(".")[2])
        if hint:
            return hint
    return None


def _hint_without_answer(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "Give ca_file, the file with the certificate of vCenter's authority (https://VCENTER/certs/download.zip has it)"
    if isinstance(error, ssl.SSLError):
        return "Check that hostname and port are those of vCenter's HTTPS"
    if isinstance(error, OSError) and not isinstance(error, ConnectionResetError):
        return "Check hostname, port and proxy, and the network between here and vCenter"
    return "Run the build again; what this one made is removed"


@contextlib.contextmanager
def doing(what: str, resource: str | None = None, hint: str | None = None) -> t.Iterator[None]:
    """Turn the SDK's faults and lost connections into :class:`VsphereError`.

    :param what: completes "vSphere could not …": ``clone the template web``.
    :param hint: what to do about it where the fault tells nothing better.
    """
    try:
        yield
    except BuilderError:
        raise
    except CUT as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise VsphereError(
            f"vSphere could not {what}: the connection failed: {str(reason).rstrip('. ')}",
            code=type(error).__name__,
            hint=_hint_without_answer(error),
            resource=resource,
        ) from error
    except Exception as error:
        if vmodl is None or not isinstance(error, vmodl.MethodFault):
            raise
        raise fault_error(error, what, resource, hint) from error

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leases: what vCenter gives for the time in which the disks of a machine are sent or fetched."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import typing as t

from ..._access.waits import longer
from ..._lifecycle.errors import BuilderError, WaitTimeoutError
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from ..._lifecycle.waiting import Waiter
from .errors import doing, fault_error, is_fault
from .properties import properties
from .sdk import Managed, vmodl
from .session import VCenter
from .transfers import reachable

KIND = "transfer"
#: vCenter gives up a lease that it has not heard of for five minutes.
_PULSE = 30.0
_ENDED = "vCenter has ended the transfer, as it does when the session ends that it belongs to: run it again"


@dataclasses.dataclass(frozen=True)
class DeviceUrl:
    """Where a disk is fetched, or sent to.

    :ivar key: of the disk on vCenter's side; for a download it is what the descriptor and the manifest know it by.
    :ivar import_key: the same for an import: it is what the files of a package are known by.
    :ivar target: file name that vCenter proposes.
    :ivar size: bytes; 0 when unknown.
    """

    key: str
    import_key: str
    url: str
    is_disk: bool
    target: str
    size: int
    thumbprint: str | None


class Lease:
    """An open lease; made by :func:`opened`.

    :ivar urls: its disks and other files.
    :ivar entity: the machine that it is about.
    """

    def __init__(self, vcenter: VCenter, lease: Managed) -> None:
        info = lease.info
        self._lease = lease
        self.entity = info.entity
        self.urls = [
            DeviceUrl(
                device.key,
                device.importKey,
                reachable(vcenter, device.url),
                bool(device.disk),
                str(device.targetId or ""),
                int(device.fileSize or 0),
                device.sslThumbprint or None,
            )
            for device in info.deviceUrl or ()
        ]
        self.percent = 0

    def manifest(self) -> dict[str, tuple[str, str]]:
        """Key of each file that was fetched to algorithm and digest, as the host knows it; older ones know SHA-1 only."""
        with doing("tell the checksums of what it sent", hint=_ENDED):
            entries = self._lease.HttpNfcLeaseGetManifest() or ()
        found = {}
        for entry in entries:
            kind = str(getattr(entry, "checksumType", None) or "").lower().replace("-", "")
            if kind in ("sha1", "sha256", "sha512") and getattr(entry, "checksum", None):
                found[entry.key] = (kind, entry.checksum.lower())
            elif entry.sha1:
                found[entry.key] = ("sha1", entry.sha1.lower())
        return found


def resource_of(vcenter: VCenter, name: str, **details: t.Any) -> Resource:
    """A journal line of a lease.

    :param name: what is moved, unique while it lasts.
    """
    return vcenter.resource(KIND, name, **details)


@contextlib.contextmanager
def opened(vcenter: VCenter, name: str, start: t.Callable[[], Managed], context: Context, waiter: Waiter, option: str) -> t.Iterator[Lease]:
    """A lease that is completed when the block ends well, and aborted otherwise; kept alive meanwhile.

    :param name: what is moved: ``export of web``.
    :param start: asks for it.
    :param option: the option that the waiter was made of.
    """
    resource = resource_of(vcenter, name)
    context.journal.creating(resource)
    with doing(f"begin the {name}"):
        lease = start()
    context.journal.created(resource_of(vcenter, name, lease=lease._moId))
    try:
        _await_ready(vcenter, lease, name, waiter, option)
        with doing(f"tell where the {name} goes", hint=_ENDED):
            moved = Lease(vcenter, lease)
        with _pulse(lease, moved):
            yield moved
        with doing(f"complete the {name}", hint=_ENDED):
            lease.HttpNfcLeaseComplete()
    except BaseException:
        _abort(lease)
        context.journal.discarded(resource)
        raise
    context.journal.discarded(resource)


def _await_ready(vcenter: VCenter, lease: Managed, name: str, waiter: Waiter, option: str) -> None:
    for _elapsed in waiter.ticks():
        with doing(f"begin the {name}"):
            known = properties(vcenter, lease, "state", "error")
        if known["state"] == "ready":
            return
        if known["state"] == "error":
            raise fault_error(known["error"], f"begin the {name}")
        if known["state"] == "done":
            raise BuilderError(f"vSphere ended the {name} before it began", hint="See the tasks of vCenter")
    raise WaitTimeoutError(f"vSphere was not ready for the {name} within {waiter.timeout:g} s", hint=f"{longer(option)}.")


@contextlib.contextmanager
def _pulse(lease: Managed, moved: Lease) -> t.Iterator[None]:
    """Tell vCenter how far it is, which also keeps the lease: the transfer itself may wait for long on the host."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(_PULSE):
            with contextlib.suppress(OSError, vmodl.MethodFault):
                lease.HttpNfcLeaseProgress(moved.percent)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _abort(lease: Managed) -> None:
    # Whatever went wrong before is what people should read of.
    with contextlib.suppress(Exception):
        lease.HttpNfcLeaseAbort()


def discard(vcenter: VCenter, resource: Resource) -> bool:
    """Abort a lease that a killed process held: it locks its machine until it ends."""
    known = resource.details.get("lease")
    if not known:
        return False
    lease = vcenter.object("HttpNfcLease", known)
    try:
        with doing(f"abort the {resource.name}", str(resource)):
            if properties(vcenter, lease, "state")["state"] not in ("ready", "initializing"):
                return False
            lease.HttpNfcLeaseAbort()
    except BuilderError as error:
        if is_fault(error, "ManagedObjectNotFound", "NotAuthenticated", "InvalidState", "Timedout", "NoPermission"):
            # Ended meanwhile, or with the session that held it.
            return False
        raise
    return True

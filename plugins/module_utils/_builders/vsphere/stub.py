# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire to vCenter: logs in when it has to, and asks again what was cut short and can be asked twice."""

from __future__ import annotations

import threading
import typing as t

from ..._lifecycle.waiting import Waiter
from .errors import CUT, is_fault

try:
    from pyVmomi.SoapAdapter import StubAdapterBase
    from pyVmomi.VmomiSupport import DataObject
except ImportError:
    StubAdapterBase = object
    DataObject = None

T = t.TypeVar("T")

#: Calls that change nothing in the inventory begin with one of these.
_ONLY_ASKS = (
    "Fetch",
    "Retrieve",
    "Query",
    "Find",
    "Current",
    "Search",
    "Continue",
    "CreateContainerView",
    "DestroyView",
    "Validate",
    "ParseDescriptor",
    "CreateDescriptor",
    "CreateImportSpec",
    "HttpNfcLeaseGetManifest",
    "HasPrivilege",
    "RecommendDatastores",
)
#: Those who make these calls take it for no error that the thing is gone by then.
_ENDS = ("Destroy_Task", "UnregisterAndDestroy_Task", "PowerOffVM_Task", "CancelTask", "HttpNfcLeaseAbort")
_RETRIES = Waiter("vCenter to answer", timeout=20, interval=0.5, growth=2.0)
#: How often one call opens a session, should that be ended at once.
_LOGINS = 3


def persistently(ask: t.Callable[[], T], passing: tuple[type[BaseException], ...] = CUT) -> T:
    """Ask again when the connection breaks.

    :param passing: errors that may be gone at the next time.
    """
    last: BaseException = ConnectionError("no answer")
    for _elapsed in _RETRIES.ticks():
        try:
            return ask()
        except passing as error:
            last = error
    raise last


def exact(value: t.Any) -> t.Any:
    """A value with Python's own text, numbers and lists all through it: the SDK knows no types derived from them, as Ansible has them for templates."""
    if isinstance(value, (bool, bytes)) or value is None:
        return value
    for plain in (str, int, float):
        if isinstance(value, plain) and type(value).__module__.startswith("ansible"):
            return plain(value)
    if isinstance(value, list):
        value[:] = [exact(item) for item in value]
    elif DataObject is not None and isinstance(value, DataObject):
        for name, held in vars(value).items():
            vars(value)[name] = exact(held)
    return value


def _refusal(status: int, answer: t.Any) -> t.Any:
    """The fault with which vCenter says that there is no session; ``None`` for any other answer."""
    if status != 200:
        return answer if is_fault(answer, "NotAuthenticated") else None
    # Where properties are read, each is told to be missing for that reason, and the call is none that failed.
    missing = (one.fault for entry in getattr(answer, "objects", None) or () for one in getattr(entry, "missingSet", None) or ())
    return next((fault for fault in missing if is_fault(fault, "NotAuthenticated")), None)


class KeptStub(StubAdapterBase):
    """Wraps the SDK's adapter; objects that calls return use it too.

    A call that vCenter refuses because the session has ended was not carried out: it is made again after a new login, whatever it does.
    One whose connection broke may have been carried out: only those that ask, and those that end something, are made again.

    :param adapter: the SDK's.
    :param login: opens a session with the adapter.
    """

    def __init__(self, adapter: t.Any, login: t.Callable[[t.Any], None]) -> None:
        super().__init__(version=adapter.version)
        self.adapter = adapter
        self._login = login
        self._lock = threading.Lock()
        self._logins = 0

    def open(self) -> None:
        """Log in, unless that was done."""
        self._log_in(0)

    def relogin(self) -> None:
        """Open another session."""
        self._log_in(self._logins)

    def _log_in(self, after: int) -> None:
        """:param after: logins that the caller knows of; another thread may have been quicker."""
        with self._lock:
            if self._logins == after:
                self._login(self.adapter)
                self._logins += 1

    def InvokeMethod(self, mo: t.Any, info: t.Any, args: t.Any) -> t.Any:  # noqa: N802
        """Called by the SDK for every method and property."""
        args = tuple(exact(value) for value in args)
        logins, until = self._logins, self._logins + _LOGINS
        status, answer = self._asked(mo, info, args)
        while (refusal := _refusal(status, answer)) is not None:
            if not 0 < logins < until:
                raise refusal
            self._log_in(logins)
            logins = self._logins
            status, answer = self._asked(mo, info, args)
        if status != 200:
            raise answer
        return answer

    def _asked(self, mo: t.Any, info: t.Any, args: t.Any) -> tuple[int, t.Any]:
        def ask() -> tuple[int, t.Any]:
            return t.cast("tuple[int, t.Any]", self.adapter.InvokeMethod(mo, info, args, self))

        return persistently(ask) if info.wsdlName.startswith((*_ONLY_ASKS, *_ENDS)) else ask()

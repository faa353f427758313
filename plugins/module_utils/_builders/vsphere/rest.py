# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""vCenter's REST API: content libraries and tags are nowhere else. A session is opened when it is needed, and always ended."""

from __future__ import annotations

import contextlib
import multiprocessing.util
import typing as t
import urllib.parse
import weakref

from ..._lifecycle.sessions import end_with_the_work
from ..._lifecycle.waiting import Waiter
from .errors import VsphereError
from .rest_calls import CALLS, SESSIONS, Call
from .session import VCenter

Json = t.Any

_HEADER = "vmware-api-session-id"
_RETRIES = Waiter("vCenter to answer", timeout=20, interval=0.5, growth=2.0)
#: How often one call opens a session, should that be ended at once.
_LOGINS = 3
#: vCenter, or what is before it, has no time now.
_BUSY = frozenset({502, 503, 504})
_HINTS = {
    401: "Check username and password; a user of a domain is written user@domain",
    403: "Give the role of this user the privilege that is missing, see the list in the guide of the vsphere builder",
    507: "Make room on the datastore, or use another one",
    503: "The service is not running: see the state of vCenter's services",
}


class RestError(VsphereError):
    """The REST API refused a call.

    :ivar status: of HTTP; 0 when there was no answer.
    """

    def __init__(self, message: str, *, status: int, code: str, hint: str | None = None) -> None:
        super().__init__(message, code=code, hint=hint)
        self.status = status


class Rest:
    """A session with the REST API of a vCenter; make it with :meth:`of`."""

    _known: t.ClassVar[weakref.WeakKeyDictionary[VCenter, Rest]] = weakref.WeakKeyDictionary()

    def __init__(self, vcenter: VCenter) -> None:
        self.vcenter = vcenter
        self._web = vcenter.web()
        #: ``api`` or ``rest``; empty before the first login
        self._dialect = ""
        self._session = ""
        self._end: t.Callable[[], t.Any] | None = None

    @classmethod
    def of(cls, vcenter: VCenter) -> Rest:
        """The one that goes with a vCenter."""
        if vcenter not in cls._known:
            cls._known[vcenter] = cls(vcenter)
        return cls._known[vcenter]

    @property
    def is_api(self) -> bool:
        """Whether it speaks the newer dialect; asks vCenter."""
        self._open()
        return self._dialect == "api"

    def call(self, name: str, body: Json = None, *, what: str, timeout: float | None = None, **arguments: str) -> Json:
        """The answer to one of :data:`CALLS`.

        :param what: completes "vSphere could not …".
        :param timeout: seconds to wait for the answer.
        :param arguments: of the path.
        :raises RestError: when it is refused, or there is no answer.
        """
        call = CALLS[name]
        self._open()
        answer = self._asked(call, body, what, timeout, arguments)
        for _attempt in range(_LOGINS):
            if answer.status_code != 401:
                break
            # Refused, and therefore not carried out: it can be made again.
            self._reopen()
            answer = self._asked(call, body, what, timeout, arguments)
        if answer.status_code >= 400:
            raise refusal(answer.status_code, _parsed(answer), what)
        found = _parsed(answer)
        return found if self._dialect == "api" or not isinstance(found, dict) else found.get("value")

    def mapping(self, values: t.Mapping[str, str]) -> Json:
        """A map as this dialect writes it."""
        return dict(values) if self.is_api else [{"key": key, "value": value} for key, value in values.items()]

    def close(self) -> None:
        """End the session; another call begins a new one."""
        if self._end:
            self._end()
        self._session, self._end = "", None

    def _asked(self, call: Call, body: Json, what: str, timeout: float | None, arguments: t.Mapping[str, str]) -> t.Any:
        quoted = {name: urllib.parse.quote(str(value), safe="") for name, value in arguments.items()}
        path = (call.api if self._dialect == "api" else call.rest).format(**quoted)
        wrapped = {call.envelope: body} if call.envelope and self._dialect == "rest" and body is not None else body
        for elapsed in _RETRIES.ticks():
            last = not call.safe or elapsed >= _RETRIES.timeout
            try:
                answer = self._send(call.method, path, json=wrapped, headers={_HEADER: self._session}, timeout=timeout)
            except OSError as error:
                if last:
                    raise _unanswered(error, what, call.safe) from None
                continue
            if answer.status_code not in _BUSY or last:
                return answer
        raise AssertionError("the last tick returns or raises")

    def _send(self, method: str, path: str, timeout: float | None = None, **more: t.Any) -> t.Any:
        seconds = float(self.vcenter.auth["api_timeout"])
        # Not followed: a body sent again to another place would be a secret told to it.
        return self._web.request(method, f"{self.vcenter.base_url}/{self._dialect}{path}", timeout=(seconds, timeout or seconds), allow_redirects=False, **more)

    def _open(self) -> None:
        if not self._session:
            self._reopen()

    def _reopen(self) -> None:
        what = f"open a session of the REST API at {self.vcenter.hostname} as {self.vcenter.auth['username']}"
        for dialect in [self._dialect] if self._dialect else list(SESSIONS):
            self._dialect = dialect
            answer = self._begun(dialect, what)
            if answer.status_code in (200, 201):
                found = _parsed(answer)
                self._session = str(found["value"] if isinstance(found, dict) else found)
                arguments = (self._web, f"{self.vcenter.base_url}/{dialect}{SESSIONS[dialect]}", self._session)
                # Before the session of SOAP, which has the priority 10, and also in Ansible's workers, which run no atexit handlers.
                self._end = multiprocessing.util.Finalize(None, _end_session, args=arguments, exitpriority=20)
                end_with_the_work(self.close)
                return
            if answer.status_code != 404:
                break
        self._dialect = ""
        if answer.status_code == 404:
            raise RestError(
                f"{self.vcenter.base_url} has no REST API", status=404, code="NotFound", hint="Content libraries and tags need a vCenter, an ESXi host has none"
            )
        raise refusal(answer.status_code, _parsed(answer), what)

    def _begun(self, dialect: str, what: str) -> t.Any:
        """The answer to a login."""
        auth = self.vcenter.auth
        for attempt in range(_LOGINS):
            try:
                return self._send("POST", SESSIONS[dialect], auth=(auth["username"].encode(), auth["password"].encode()))
            except OSError as error:
                if attempt == _LOGINS - 1:
                    self._dialect = ""
                    raise _unanswered(error, what, safe=True) from None
        raise AssertionError("the last attempt returns or raises")


def _end_session(web: t.Any, url: str, session: str) -> None:
    for _attempt in range(_LOGINS):
        with contextlib.suppress(OSError):
            web.delete(url, headers={_HEADER: session}, timeout=10)
            break


def _parsed(answer: t.Any) -> Json:
    try:
        return answer.json()
    except ValueError:
        return answer.text or None


def _unanswered(error: OSError, what: str, safe: bool) -> RestError:
    hint = "Check the network between here and vCenter" if safe else "Run it again: what was begun is removed, or found"
    return RestError(f"vSphere could not {what}: the connection failed: {error}", status=0, code=type(error).__name__, hint=hint)


def refusal(status: int, answer: Json, what: str) -> RestError:
    """What the API said, as an error.

    :param answer: its parsed body.
    """
    texts, code = [], f"HTTP {status}"
    if isinstance(answer, dict):
        code = str(answer.get("error_type") or str(answer.get("type") or "").rpartition(".")[2] or code).upper()
        inner = answer.get("value")
        messages = answer.get("messages") or (inner.get("messages") if isinstance(inner, dict) else None) or []
        texts = [str(message.get("default_message") or message.get("id") or "") for message in messages if isinstance(message, dict)]
    elif answer:
        texts = [str(answer).strip()[:300]]
    reason = ": ".join(text.rstrip(". ") for text in texts if text)
    message = f"vSphere could not {what}: {reason} ({code})" if reason else f"vSphere could not {what} ({code})"
    return RestError(message, status=status, code=code, hint=_HINTS.get(status))


def is_missing(error: object) -> bool:
    """Whether an error says that the thing is not there."""
    return isinstance(error, RestError) and (error.status == 404 or error.code == "NOT_FOUND")

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks vCenter, and where: one session per process, kept alive, always logged out."""

from __future__ import annotations

import contextlib
import http.client
import json
import multiprocessing.util
import os
import pathlib
import ssl
import threading
import typing as t

from ..._lifecycle.errors import BuilderError, MissingDependencyError
from ..._lifecycle.journal import Resource
from ..._lifecycle.sessions import end_with_the_work
from .errors import CUT, doing, fault_error
from .options import AUTH_SPEC, BACKEND
from .sdk import Managed, connect, require_sdk, vim, vmodl
from .stub import KeptStub, persistently

try:
    import requests
except ImportError:
    requests = None

Options = t.Mapping[str, t.Any]

#: As AWX gives the credential of a vCenter to a job.
_ENVIRONMENT = {
    "hostname": "VMWARE_HOST",
    "username": "VMWARE_USER",
    "password": "VMWARE_PASSWORD",
    "port": "VMWARE_PORT",
    "validate_certs": "VMWARE_VALIDATE_CERTS",
    "proxy_host": "VMWARE_PROXY_HOST",
    "proxy_port": "VMWARE_PROXY_PORT",
}
_NO = frozenset({"no", "n", "false", "f", "0", "off"})
_DEFAULTS: dict[str, t.Any] = {"port": 443, "validate_certs": True, "proxy_port": 8080, "api_timeout": 120}
#: What a journal line may hold.
_PUBLIC = ("hostname", "username", "port", "validate_certs", "ca_file", "proxy_host", "proxy_port")
#: vCenter ends a session that was idle for half an hour.
_ALIVE_SECONDS = 300.0
#: Somebody is there, and was interrupted.
_HUNG_UP = (ConnectionResetError, http.client.IncompleteRead)
#: How often a session is ended whose connection breaks meanwhile.
_LOGOUTS = 3


def auth_of(options: Options) -> dict[str, t.Any]:
    """Options of :data:`AUTH_SPEC`, completed from the environment and the defaults."""
    known: dict[str, t.Any] = {}
    for name in AUTH_SPEC:
        value = options.get(name)
        if value is None and name in _ENVIRONMENT:
            value = os.environ.get(_ENVIRONMENT[name]) or None
        known[name] = _DEFAULTS.get(name) if value is None else value
    if isinstance(known["validate_certs"], str):
        known["validate_certs"] = known["validate_certs"].lower() not in _NO
    for name in ("port", "proxy_port"):
        known[name] = int(known[name])
    return known


def check_auth(options: Options) -> None:
    """:raises BuilderError: for a vCenter that cannot be asked like this; asks nobody."""
    auth = auth_of(options)
    for name in ("hostname", "username", "password"):
        if not auth[name]:
            raise BuilderError(f"{name} of vCenter is not given", hint=f"Set the option {name} or the environment variable {_ENVIRONMENT[name]}.")
    check_given_auth(options)


def check_given_auth(options: Options) -> None:
    """What is known of the account may be incomplete: where a definition is only read, as by an inventory update of AWX, there are no credentials.

    :raises BuilderError: for what cannot be.
    """
    auth = auth_of(options)
    if "/" in (auth["hostname"] or ""):
        raise BuilderError(f"hostname: {auth['hostname']} is no name or address of a machine", hint="Leave out https:// and the path.")
    if auth["ca_file"] and not auth["validate_certs"]:
        raise BuilderError("ca_file says what certificates are checked with, validate_certs: false that none is", hint="Remove one of the two.")
    if auth["ca_file"] and not pathlib.Path(str(auth["ca_file"])).is_file():
        raise BuilderError(f"ca_file: {auth['ca_file']} does not exist")
    for name in ("port", "proxy_port"):
        if not 0 < auth[name] < 65536:
            raise BuilderError(f"{name} is {auth[name]}, it has to be 1 to 65535")


class VCenter:
    """A session with one vCenter (or ESXi host); make it with :meth:`of`. Safe to use from several threads.

    :ivar content: the ``ServiceContent``.
    :ivar auth: complete options of :data:`AUTH_SPEC`.
    """

    _known: t.ClassVar[dict[tuple[int, str], VCenter]] = {}

    def __init__(self, options: Options) -> None:
        check_auth(options)
        require_sdk()
        self.auth = auth_of(options)
        self._web: t.Any = None
        with doing(f"be reached at {self.hostname}"):
            adapter = self._adapter()
        self._stub = KeptStub(adapter, self._log_in)
        service = vim.ServiceInstance("ServiceInstance", self._stub)
        with doing(f"log in at {self.hostname} as {self.auth['username']}"):
            self.content = service.RetrieveContent()
            self._stub.open()
        # Workers of Ansible leave through multiprocessing, which runs no atexit handlers.
        self._end = multiprocessing.util.Finalize(self, _log_out, args=(adapter, self.content.sessionManager), exitpriority=10)
        end_with_the_work(self.close)

    @classmethod
    def of(cls, options: Options) -> VCenter:
        """The vCenter that options of :data:`AUTH_SPEC` describe; one session per process.

        :raises MissingDependencyError: without pyvmomi.
        :raises BuilderError: for options that cannot be.
        :raises VsphereError: when it cannot be reached, or lets nobody in.
        """
        # A session that was there before a fork belongs to the parent.
        key = (os.getpid(), json.dumps(auth_of(options), sort_keys=True, default=str))
        if key not in cls._known:
            cls._known[key] = cls(options)
        return cls._known[key]

    @classmethod
    def of_resource(cls, resource: Resource, options: Options) -> VCenter:
        """The vCenter in which a journalled resource was made, with what ``options`` add of secrets."""
        return cls.of({**options, **(resource.details.get("connection") or {})})

    @property
    def hostname(self) -> str:
        """Name or address of vCenter."""
        return str(self.auth["hostname"])

    @property
    def username(self) -> str:
        """As vCenter knows us, with the domain."""
        with doing("read the session"):
            session = self.content.sessionManager.currentSession
        return str(session.userName if session else self.auth["username"])

    @property
    def base_url(self) -> str:
        """``https://host:port``."""
        host = f"[{self.hostname}]" if ":" in self.hostname else self.hostname
        return f"https://{host}:{self.auth['port']}"

    @property
    def verify(self) -> bool | str:
        """As ``requests`` takes it."""
        return self.auth["ca_file"] or True if self.auth["validate_certs"] else False

    @property
    def cookie(self) -> str:
        """The session as the header ``Cookie``; secret."""
        return str(self._stub.adapter.cookie).partition(";")[0]

    def relogin(self) -> None:
        """Open another session."""
        # vCenter refuses a login where there is one.
        _log_out(self._stub.adapter, self.content.sessionManager)
        with doing(f"log in at {self.hostname} as {self.auth['username']}"):
            self._stub.relogin()

    def close(self) -> None:
        """Log out; :meth:`of` makes a new one."""
        self._known.pop(next((key for key, known in self._known.items() if known is self), (0, "")), None)
        self._end()

    def object(self, kind: str, moid: str) -> Managed:
        """A managed object by what vSphere calls it.

        :param kind: ``VirtualMachine``, ``Task`` …
        """
        return getattr(vim, kind)(moid, self._stub)

    def web(self) -> t.Any:
        """A ``requests.Session`` for this vCenter's web addresses and those of its hosts; its requests carry no cookie by themselves.

        :raises MissingDependencyError: without requests.
        """
        if requests is None:
            raise MissingDependencyError("the Python package requests is not installed for the Python that runs Ansible", hint="pip install requests")
        if self._web is None:
            session = requests.Session()
            # Variables of the environment would take precedence over ca_file.
            session.trust_env = False
            session.verify = self.verify
            if self.auth["proxy_host"]:
                proxy = f"http://{self.auth['proxy_host']}:{self.auth['proxy_port']}"
                session.proxies = {"https": proxy, "http": proxy}
            self._web = session
        return self._web

    @contextlib.contextmanager
    def kept_alive(self) -> t.Iterator[None]:
        """Have the session stay while something long asks vCenter nothing, such as an upload."""
        over = threading.Event()
        thread = threading.Thread(target=self._keep_alive, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _keep_alive(self, over: threading.Event) -> None:
        service = vim.ServiceInstance("ServiceInstance", self._stub)
        while not over.wait(_ALIVE_SECONDS):
            with contextlib.suppress(*CUT, vmodl.MethodFault):
                service.CurrentTime()

    def to_options(self) -> dict[str, t.Any]:
        """Options of :data:`AUTH_SPEC` with which another process finds the vCenter again; never secret."""
        return {name: self.auth[name] for name in _PUBLIC if self.auth[name] is not None}

    def resource(self, kind: str, name: str, **details: t.Any) -> Resource:
        """A journal line of something in this vCenter.

        :param details: what is needed to find it, never secret.
        """
        return Resource(BACKEND, kind, name, {"connection": self.to_options(), **details})

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.auth["ca_file"])
        if not self.auth["validate_certs"]:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _adapter(self) -> t.Any:
        auth = self.auth
        proxy = {"httpProxyHost": auth["proxy_host"], "httpProxyPort": auth["proxy_port"]} if auth["proxy_host"] else {}

        def make() -> t.Any:
            return connect.SmartStubAdapter(
                host=auth["hostname"], port=auth["port"], path="/sdk", sslContext=self._context(), httpConnectionTimeout=auth["api_timeout"], **proxy
            )

        try:
            return persistently(make, _HUNG_UP)
        except CUT:
            raise
        except Exception as error:
            # The SDK has no type for this.
            raise BuilderError(
                f"{self.base_url} is no vCenter: {str(error).rstrip('. ')}", hint="Check hostname and port; vCenter may be starting still."
            ) from error

    def _log_in(self, adapter: t.Any) -> None:
        manager = vim.SessionManager(self.content.sessionManager._moId, adapter)
        try:
            persistently(lambda: manager.Login(self.auth["username"], self.auth["password"], None), _HUNG_UP)
        except vmodl.MethodFault as error:
            raise fault_error(error, f"log in at {self.hostname} as {self.auth['username']}") from None


def _log_out(adapter: t.Any, manager: t.Any) -> None:
    for _attempt in range(_LOGOUTS):
        with contextlib.suppress(vmodl.MethodFault, *CUT):
            vim.SessionManager(manager._moId, adapter).Logout()
            break
    with contextlib.suppress(Exception):
        adapter.DropConnections()

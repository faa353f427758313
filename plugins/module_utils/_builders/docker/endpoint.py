# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the Docker daemon is: one table of options for modules, builder and connection.

Knows the environment (``DOCKER_HOST`` …) and the contexts of the Docker CLI; needs no SDK.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
import ssl
import typing as t
import urllib.parse

from ..._lifecycle.errors import BuilderError

DEFAULT_HOST = "unix:///var/run/docker.sock"

#: How to reach the daemon; shared by every module, the builder and (as variables ``golden_docker_<name>``) the connection.
ENDPOINT_SPEC: dict[str, t.Any] = {
    "docker_host": {"type": "str"},
    "docker_context": {"type": "str"},
    "tls": {"type": "bool"},
    "tls_verify": {"type": "bool"},
    "tls_ca_cert": {"type": "path"},
    "tls_client_cert": {"type": "path"},
    "tls_client_key": {"type": "path", "no_log": False},
    "api_timeout": {"type": "int", "default": 60},
    "operation_timeout": {"type": "int", "default": 3600},
}


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A daemon's address, free of secrets: a key is named by its path.

    :ivar host: ``unix:///path`` or ``tcp://host:port``.
    :ivar api_timeout: seconds for a call that answers at once.
    :ivar operation_timeout: seconds for a pull, commit, export or import.
    """

    host: str
    tls: bool = False
    tls_verify: bool = False
    tls_ca_cert: str | None = None
    tls_client_cert: str | None = None
    tls_client_key: str | None = None
    api_timeout: int = 60
    operation_timeout: int = 3600

    def to_options(self) -> dict[str, t.Any]:
        """Options that lead here from any other process, whatever its environment."""
        values = {name: value for name, value in dataclasses.asdict(self).items() if value is not None}
        return {"docker_host": values.pop("host"), **values}

    def client_options(self) -> list[str]:
        """Options that lead the docker program here."""
        files = {"--tlscacert": self.tls_ca_cert, "--tlscert": self.tls_client_cert, "--tlskey": self.tls_client_key}
        tls = ["--tlsverify" if self.tls_verify else "--tls", *(part for option, path in files.items() if path for part in (option, path))]
        return ["--host", self.host, *(tls if self.tls else [])]

    @property
    def socket_path(self) -> str | None:
        """The unix socket, ``None`` for a daemon behind TCP."""
        return urllib.parse.urlsplit(self.host).path if self.host.startswith("unix://") else None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of a daemon behind TCP."""
        parts = urllib.parse.urlsplit(self.host)
        return parts.hostname or "127.0.0.1", parts.port or (2376 if self.tls else 2375)

    def ssl_context(self) -> ssl.SSLContext | None:
        """What to wrap a TCP connection with.

        :raises BuilderError: when a certificate cannot be read.
        """
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.tls_ca_cert)
            if not self.tls_verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if self.tls_client_cert:
                context.load_cert_chain(self.tls_client_cert, self.tls_client_key)
        except (OSError, ssl.SSLError) as error:
            raise BuilderError(f"the TLS certificates for the Docker daemon at {self.host} cannot be used: {error}") from error
        return context


def resolve_endpoint(options: t.Mapping[str, t.Any], env: t.Mapping[str, str] | None = None) -> Endpoint:
    """The daemon that the options mean; as the Docker CLI decides, options first, then environment, then context.

    :raises BuilderError: for a context that does not exist, or a host of an unsupported kind.
    """
    environ = os.environ if env is None else env
    given = {name: options.get(name) for name in ENDPOINT_SPEC}
    context_name = given["docker_context"] or (None if given["docker_host"] or environ.get("DOCKER_HOST") else _current_context(environ))
    base = _of_context(context_name, environ) if context_name else _of_environment(environ)
    values: dict[str, t.Any] = {**base, **{name: value for name, value in given.items() if value is not None and name != "docker_context"}}
    values["host"] = _checked_host(values.pop("docker_host", None) or DEFAULT_HOST)
    values["tls"] = bool(values.get("tls") or values.get("tls_verify"))
    return Endpoint(**values)


def _checked_host(host: str) -> str:
    scheme = host.partition("://")[0]
    if scheme in ("http", "https"):
        return "tcp://" + host.partition("://")[2]
    if scheme not in ("unix", "tcp"):
        raise BuilderError(
            f"the Docker host {host!r} is of a kind that is not supported",
            hint="Use unix:///path or tcp://host:port; for a daemon behind SSH forward its socket first: ssh -L /tmp/docker.sock:/var/run/docker.sock host",
        )
    return host


def _of_environment(environ: t.Mapping[str, str]) -> dict[str, t.Any]:
    values: dict[str, t.Any] = {"docker_host": environ.get("DOCKER_HOST")}
    verify = environ.get("DOCKER_TLS_VERIFY", "")
    certificates = environ.get("DOCKER_CERT_PATH", "")
    if verify or environ.get("DOCKER_TLS"):
        folder = pathlib.Path(certificates or _config_folder(environ))
        values.update(tls=True, tls_verify=bool(verify), **_certificates(folder))
    return values


def _certificates(folder: pathlib.Path) -> dict[str, str]:
    names = {"tls_ca_cert": "ca.pem", "tls_client_cert": "cert.pem", "tls_client_key": "key.pem"}
    return {option: str(folder / name) for option, name in names.items() if (folder / name).is_file()}


def _config_folder(environ: t.Mapping[str, str]) -> pathlib.Path:
    return pathlib.Path(environ.get("DOCKER_CONFIG") or pathlib.Path(environ.get("HOME") or "~").expanduser() / ".docker")


def _current_context(environ: t.Mapping[str, str]) -> str | None:
    if environ.get("DOCKER_CONTEXT"):
        return environ["DOCKER_CONTEXT"]
    try:
        config = json.loads((_config_folder(environ) / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    name = config.get("currentContext")
    return str(name) if name else None


def _of_context(name: str, environ: t.Mapping[str, str]) -> dict[str, t.Any]:
    if name == "default":
        return _of_environment(environ)
    root = _config_folder(environ) / "contexts"
    # The CLI names the folders of a context by the digest of its name.
    folder = hashlib.sha256(name.encode()).hexdigest()
    try:
        meta = json.loads((root / "meta" / folder / "meta.json").read_text(encoding="utf-8"))
        docker = meta["Endpoints"]["docker"]
    except (OSError, ValueError, KeyError) as error:
        raise BuilderError(f"there is no Docker context {name!r}", hint="List them with: docker context ls") from error
    certificates = _certificates(root / "tls" / folder / "docker")
    values: dict[str, t.Any] = {"docker_host": docker.get("Host"), **certificates}
    if certificates:
        values.update(tls=True, tls_verify=not docker.get("SkipTLSVerify", False))
    return values

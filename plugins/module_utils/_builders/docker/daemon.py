# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon through the ``docker`` SDK; the one place where its exceptions become ours."""

from __future__ import annotations

import contextlib
import functools
import typing as t

from ..._lifecycle.errors import BuilderError, GoldenError, MissingDependencyError
from .endpoint import Endpoint, resolve_endpoint

try:
    import docker
    import docker.errors
    import docker.tls
    import docker.types
    import requests.exceptions
except ImportError:
    docker = None  # type: ignore[assignment,unused-ignore]

Json = dict[str, t.Any]


class NotFoundError(BuilderError):
    """The daemon does not know the thing."""


class ConflictError(BuilderError):
    """The daemon refuses because the thing is in use or exists already."""


class Daemon:
    """A daemon, connected on first use.

    :ivar endpoint: where it is.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        if docker is None:
            raise MissingDependencyError("the Python package docker is not installed for the Python that runs Ansible", hint="Install it: pip install docker")
        self.endpoint = endpoint

    @classmethod
    def of(cls, options: t.Mapping[str, t.Any]) -> Daemon:
        """The daemon that connection options mean."""
        return cls(resolve_endpoint(options))

    @functools.cached_property
    def quick(self) -> t.Any:
        """API client for calls that answer at once."""
        return self._client(self.endpoint.api_timeout)

    @functools.cached_property
    def patient(self) -> t.Any:
        """API client for calls that move whole images."""
        return self._client(self.endpoint.operation_timeout)

    def _client(self, timeout: int) -> t.Any:
        with self.doing("connect"):
            return docker.APIClient(base_url=self.endpoint.host, version="auto", timeout=timeout, tls=self._tls())

    def _tls(self) -> t.Any:
        endpoint = self.endpoint
        if not endpoint.tls:
            return False
        pair = (endpoint.tls_client_cert, endpoint.tls_client_key) if endpoint.tls_client_cert else None
        return docker.tls.TLSConfig(client_cert=pair, ca_cert=endpoint.tls_ca_cert, verify=endpoint.tls_verify)

    @contextlib.contextmanager
    def doing(self, what: str, resource: str | None = None) -> t.Iterator[None]:
        """Turn every exception of the SDK inside into one of ours.

        :param what: the step, for the message: ``pull the image debian:12``.
        """
        try:
            yield
        except GoldenError:
            raise
        except docker.errors.APIError as error:
            raise _refused(what, error, resource) from error
        except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
            raise unreachable(self.endpoint.host, error, what) from error

    def find_image(self, reference: str) -> Json | None:
        """An image as the daemon describes it, by id or name; ``None`` when it has none."""
        try:
            with self.doing(f"look for the image {reference}"):
                return t.cast(Json, self.quick.inspect_image(reference))
        except NotFoundError:
            return None

    def find_container(self, name: str) -> Json | None:
        """A container as the daemon describes it; ``None`` when it has none."""
        try:
            with self.doing(f"look for the container {name}"):
                return t.cast(Json, self.quick.inspect_container(name))
        except NotFoundError:
            return None

    def remove_container(self, name: str) -> bool:
        """Kill and remove a container with its anonymous volumes; whether there was one."""
        try:
            with self.doing(f"remove the container {name}", f"container {name}"):
                self.quick.remove_container(name, v=True, force=True)
        except NotFoundError:
            return False
        return True

    def remove_image(self, reference: str) -> bool:
        """Remove a name, and the image when that was its last and nothing uses it; whether there was one.

        :raises ConflictError: when something uses it.
        """
        try:
            with self.doing(f"remove the image {reference}", f"image {reference}"):
                self.quick.remove_image(reference)
        except NotFoundError:
            return False
        return True


def _refused(what: str, error: t.Any, resource: str | None) -> BuilderError:
    explanation = str(error.explanation or error).strip()
    status = getattr(error.response, "status_code", None)
    kind = {404: NotFoundError, 409: ConflictError}.get(status or 0, BuilderError)
    return kind(f"the Docker daemon could not {what}: {explanation}", resource=resource, hint=_hint(explanation))


_HINTS = {
    "unauthorized": "Give the builder option login, or log in with docker login.",
    "no basic auth credentials": "Give the builder option login, or log in with docker login.",
    "access denied": "Check the image's name and the builder option login.",
    "requested access to the resource is denied": "Check the image's name and the builder option login.",
    "no space left on device": "Free space in the daemon's data folder, for instance with docker system prune.",
    "unknown runtime": "Name a runtime that docker info lists.",
}


def _hint(explanation: str) -> str | None:
    lowered = explanation.lower()
    return next((hint for text, hint in _HINTS.items() if text in lowered), None)


def unreachable(host: str, error: Exception, what: str) -> BuilderError:
    """The error for a daemon that does not answer; says which one, why and what to do."""
    text = str(error)
    if "permission denied" in text.lower():
        return BuilderError(
            f"no permission to use the Docker daemon at {host} (to {what})",
            hint="Add the user to the group docker, or use a rootless daemon.",
        )
    if "timed out" in text.lower():
        return BuilderError(
            f"the Docker daemon at {host} did not answer in time (to {what})",
            hint="Raise the option api_timeout or operation_timeout when the daemon is only slow.",
        )
    return BuilderError(
        f"the Docker daemon at {host} cannot be reached (to {what}): {_innermost(error)}",
        hint="Start it, or say where it is with the option docker_host, docker_context or the environment variable DOCKER_HOST.",
    )


def _innermost(error: BaseException) -> str:
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = t.cast(BaseException, cause.__cause__ or cause.__context__)
    return str(cause) or type(cause).__name__

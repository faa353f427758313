# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processor ``docker_push``: brings the image to a registry and learns its digest."""

from __future__ import annotations

import re
import time
import typing as t

from .._builders.docker.daemon import Daemon
from .._builders.docker.endpoint import ENDPOINT_SPEC
from .._builders.docker.names import split_reference
from .._builders.docker.registry_login import LOGIN_SPEC, auth_config
from .._lifecycle.errors import BuilderError, GoldenError
from .._lifecycle.operation import Context, Operation, Params, Result
from ._artifact_files import ARTIFACT_SPEC, artifact_of
from ._docker import DIGESTS, daemon_of_builder, image_of, stream_events, wanted_names

defaults = daemon_of_builder

_LONGEST_PAUSE = 30.0
_PASSING = re.compile(
    r"unexpected http status:? 5\d\d|status:? 5\d\d|\b50[0234] |service unavailable|bad gateway|gateway time-?out|internal server error"
    r"|too many requests|connection reset|connection refused|i/o timeout|tls handshake timeout|unexpected eof|: eof",
    re.IGNORECASE,
)


def run(params: Params, context: Context) -> Result:
    """Push every name."""
    artifact = artifact_of(params)
    daemon = Daemon.of(params)
    image = image_of(artifact, daemon, "docker_push")
    names = wanted_names(params, artifact, image, "docker_push")
    digests: dict[str, str] = {}
    changed = False
    for name in names:
        auth = auth_config(params, name)
        before = _registry_digest(name, daemon, auth)
        if context.check_mode:
            changed = changed or before is None or f"{split_reference(name)[0]}@{before}" not in (image.get("RepoDigests") or [])
            continue
        context.say(f"pushing {name}")
        digests[name] = with_retries(lambda name=name, auth=auth: push_once(name, daemon, auth), params["retries"], context)  # type: ignore[misc]
        changed = changed or digests[name] != before
    known = artifact.metadata.get(DIGESTS) or {}
    pushed = artifact.replace(metadata={**artifact.metadata, DIGESTS: {**known, **digests}})
    return {"changed": changed, "digests": digests, "digest": next(iter(digests.values()), ""), "artifact": pushed.to_dict()}


def push_once(name: str, daemon: Daemon, auth: dict[str, str] | None) -> str:
    """Push one name and return the digest by which the registry knows the image.

    :raises BuilderError: in the daemon's words, also when it names no digest.
    """
    repository, tag = split_reference(name)
    what = f"push {name}"
    digest = ""
    with daemon.doing(what, f"image {name}"):
        for event in stream_events(daemon.patient.push(repository, tag, stream=True, decode=True, auth_config=auth), what):
            digest = str((event.get("aux") or {}).get("Digest") or digest)
            found = re.search(r"digest: (sha256:[0-9a-f]{64})", str(event.get("status", "")))
            digest = found[1] if found else digest
    if not digest:
        raise BuilderError(f"the Docker daemon did not say under which digest {name} was pushed")
    return digest


def with_retries(push: t.Callable[[], str], retries: int, context: Context, sleep: t.Callable[[float], None] = time.sleep) -> str:
    """Push again after errors that may pass, with growing pauses of at most 30 s.

    :raises GoldenError: the last error, or the first that will not pass.
    """
    for attempt in range(retries + 1):
        try:
            return push()
        except GoldenError as error:
            if attempt == retries or not _PASSING.search(error.message):
                raise
            pause = min(2.0**attempt, _LONGEST_PAUSE)
            context.warn(f"{error.message}; trying again in {pause:g} s")
            sleep(pause)
    raise BuilderError("the option retries must not be negative")


def _registry_digest(name: str, daemon: Daemon, auth: dict[str, str] | None) -> str | None:
    try:
        with daemon.doing(f"look for {name} in its registry"):
            return str(daemon.quick.inspect_distribution(name, auth_config=auth)["Descriptor"]["digest"])
    except (BuilderError, KeyError):
        # Not there yet, or a daemon that cannot tell: the push itself says what is wrong.
        return None


OPERATION = Operation(
    argument_spec={
        **ARTIFACT_SPEC,
        "names": {"type": "list", "elements": "str"},
        **LOGIN_SPEC,
        "retries": {"type": "int", "default": 4},
        **ENDPOINT_SPEC,
    },
    run=run,
)

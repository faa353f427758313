# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-processor ``command``: a program on the controller that does something with the artifact."""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import pathlib
import selectors
import shlex
import signal
import struct
import subprocess
import tempfile
import termios
import time
import typing as t

from .._lifecycle.artifact import Artifact
from .._lifecycle.errors import BuilderError, CommandError
from .._lifecycle.operation import Context, Operation, Params, Result
from .._lifecycle.process import die_with_parent, tail
from ._artifact_files import ARTIFACT_SPEC, artifact_of

MODULE = "local_command"
DEFINITION_PATHS = ("script", "chdir")
INPUTS = ("script",)

_SECRET_LENGTH = 4
_LOOK_AROUND = 0.2
_CHUNK = 65536
_FACTS = ("image", "builder", "type", "version", "run_id", "output_dir", "state_dir", "fingerprint")


def defaults(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    """Commands of a definition run in its folder."""
    return {"chdir": "{{ golden_definition_dir }}"}


def run(params: Params, context: Context) -> Result:
    """Run it and show what it writes, line by line."""
    artifact = artifact_of(params)
    result: Result = {"artifact": artifact.to_dict(), "changed": False}
    created = pathlib.Path(params["chdir"] or ".") / pathlib.Path(params["creates"] or "").expanduser()
    if params["creates"] and created.exists():
        return {**result, "skipped_because": f"{created} exists"}
    if context.check_mode:
        return {**result, "changed": True}
    secrets = [str(value) for value in (params["environment"] or {}).values() if len(str(value)) >= _SECRET_LENGTH]
    environment = {**os.environ, **facts(artifact, context.build), **{key: str(value) for key, value in (params["environment"] or {}).items()}}
    with _script(params) as (argv, descriptors):
        returncode, output = _Running(argv, environment, params["chdir"], descriptors).finish(
            params["timeout"], lambda line: context.say(redacted(line, secrets))
        )
    shown = redacted(output, secrets)
    if returncode not in params["valid_exit_codes"]:
        reason = tail(shown) or "it wrote nothing"
        raise CommandError(f"the command {_title(params)} ended with the exit code {returncode}: {reason}", argv=[argv[0]], returncode=returncode, stdout=shown)
    return {**result, "changed": True, "rc": returncode, "stdout": shown, "stdout_lines": shown.splitlines()}


def facts(artifact: Artifact, build: t.Mapping[str, t.Any]) -> dict[str, str]:
    """What the command knows: ``GOLDEN_*`` of the artifact and the build."""
    known = {f"GOLDEN_{name.upper()}": str(build[name]) for name in _FACTS if build.get(name) is not None}
    return {
        "GOLDEN_IMAGE": artifact.image,
        "GOLDEN_BUILDER": artifact.builder,
        "GOLDEN_VERSION": artifact.version,
        **known,
        "GOLDEN_BUILD": artifact.build,
        "GOLDEN_ARTIFACT_ID": artifact.id,
        "GOLDEN_ARTIFACT_TYPE": artifact.type,
        "GOLDEN_ARTIFACT_LOCATION": artifact.location,
        "GOLDEN_ARTIFACT_FILES": "\n".join(file.path for file in artifact.files),
        "GOLDEN_ARTIFACT": json.dumps(artifact.to_dict(), sort_keys=True),
    }


def redacted(text: str, secrets: t.Sequence[str]) -> str:
    """The text with values of the environment blotted out, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "********")
    return text


def _title(params: Params) -> str:
    return str(params["argv"][0] if params["argv"] else params["script"] or "(inline)")


@contextlib.contextmanager
def _script(params: Params) -> t.Iterator[tuple[list[str], tuple[int, ...]]]:
    """The command line, and the files it inherits."""
    interpreter = shlex.split(params["interpreter"] or "")
    if params["argv"]:
        yield [str(part) for part in params["argv"]], ()
    elif params["script"]:
        path = str(pathlib.Path(params["script"]).expanduser())
        if not os.path.isfile(path):
            raise BuilderError(f"there is no script {path}")
        runner = interpreter or ([] if os.access(path, os.X_OK) else ["/bin/sh", "-e"])
        yield [*runner, path, *params["args"]], ()
    else:
        # An unlinked file: its text is in no argument list, and nothing is left of it however this ends.
        with tempfile.TemporaryFile() as stream:
            stream.write(("\n".join(params["inline"]) + "\n").encode())
            stream.flush()
            stream.seek(0)
            yield [*(interpreter or ["/bin/sh", "-e"]), f"/dev/fd/{stream.fileno()}", *params["args"]], (stream.fileno(),)


class _Running:
    """A child in its own process group, whose output is read while it runs."""

    def __init__(self, argv: list[str], environment: dict[str, str], chdir: str | None, descriptors: tuple[int, ...]) -> None:
        self._name = argv[0]
        try:
            # pylint: disable-next=ansible-bad-function
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=chdir,
                start_new_session=True,
                preexec_fn=die_with_parent,
                pass_fds=descriptors,
            )
        except OSError as error:
            raise CommandError(f"{argv[0]} could not be started: {error.strerror}", argv=[argv[0]], returncode=127) from error
        self._output = t.cast(t.BinaryIO, self._process.stdout)

    def finish(self, timeout: int | None, show: t.Callable[[str], None]) -> tuple[int, str]:
        """Exit status and output.

        :param timeout: seconds.
        :raises CommandError: when it takes longer.
        """
        lines = _Lines(show)
        try:
            if not self._ended_within(timeout, lines):
                raise CommandError(f"{self._name} took longer than {timeout} s", argv=[self._name], returncode=-signal.SIGKILL)
        finally:
            # Also what it left in the background: nothing outlives its build.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            with self._output:
                self._read_rest(lines)
            lines.end()
        return self._process.returncode, "\n".join(lines.all)

    def _ended_within(self, timeout: int | None, lines: _Lines) -> bool:
        """Read until the process has ended, whoever still holds its output then."""
        end = math.inf if timeout is None else time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while self._process.poll() is None:
                left = min(_LOOK_AROUND, end - time.monotonic())
                if left <= 0:
                    return False
                if not selector.get_map():
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._process.wait(left)
                elif selector.select(left):
                    chunk = os.read(self._output.fileno(), _CHUNK)
                    if not chunk:
                        selector.unregister(self._output)
                    lines.add(chunk)
        return True

    def _read_rest(self, lines: _Lines) -> None:
        """Read what is in the pipe, and no more: a process in another session may hold it open, and write, for ever."""
        waiting = struct.unpack("i", fcntl.ioctl(self._output, termios.FIONREAD, struct.pack("i", 0)))[0]
        while waiting > 0:
            chunk = os.read(self._output.fileno(), waiting)
            waiting -= len(chunk)
            lines.add(chunk)


class _Lines:
    """Output line by line as it comes."""

    def __init__(self, show: t.Callable[[str], None]) -> None:
        self._show = show
        self._begun = b""
        self.all: list[str] = []

    def add(self, chunk: bytes) -> None:
        """Take more of it; the last line may go on in the next chunk."""
        *whole, self._begun = (self._begun + chunk).split(b"\n")
        for line in whole:
            self._take(line)

    def end(self) -> None:
        """Take a last line that has no end."""
        if self._begun:
            self._take(self._begun)

    def _take(self, raw: bytes) -> None:
        line = raw.decode(errors="replace").rstrip("\r")
        self.all.append(line)
        self._show(line)


OPERATION = Operation(
    argument_spec={
        **ARTIFACT_SPEC,
        "argv": {"type": "list", "elements": "str"},
        "inline": {"type": "list", "elements": "str"},
        "script": {"type": "path"},
        "interpreter": {"type": "str"},
        "args": {"type": "list", "elements": "str", "default": []},
        "environment": {"type": "dict", "no_log": True},
        "valid_exit_codes": {"type": "list", "elements": "int", "default": [0]},
        "chdir": {"type": "path"},
        "timeout": {"type": "int"},
        "creates": {"type": "path"},
    },
    run=run,
    constraints={
        "mutually_exclusive": [("argv", "inline", "script"), ("argv", "interpreter"), ("argv", "args")],
        "required_one_of": [("argv", "inline", "script")],
    },
)

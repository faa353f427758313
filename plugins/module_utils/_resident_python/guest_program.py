# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a guest: a Python that stays, and runs every module in a fork of itself.

It reads requests from standard input and answers on standard output; it ends when its input does.
A request and an answer are each ``header size, payload size`` (4 bytes each, big endian), a JSON
header and the payload.

Its second argument is the interpreter as Ansible writes it.

A module is a Python program that Ansible would feed to a new interpreter. Most of what that
costs is starting Python, importing the standard library and compiling Ansible's module code,
which comes as source in a zip file. The fork has the first two, and compiled code is handed back by the
fork that made it, so that each file is compiled once per guest. Everything else is as in a new interpreter.

Python 3.8 and newer, standard library only: this file is sent to the guest as it is.
"""

from __future__ import annotations

import atexit
import gc
import hashlib
import importlib
import json
import marshal
import os
import selectors
import signal
import site
import struct
import subprocess
import sys
import threading
import traceback
import types
import typing as t
import zipimport

_HEAD = struct.Struct(">II")
_CHUNK = 1 << 16
# Seconds between looks at a process whose output somebody else keeps open.
_LOOK = 0.2
_PRELOADED = (
    "argparse",
    "base64",
    "collections",
    "contextlib",
    "copy",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "encodings.cp437",
    "encodings.idna",
    "enum",
    "errno",
    "fcntl",
    "fnmatch",
    "functools",
    "getpass",
    "gettext",
    "glob",
    "grp",
    "importlib.resources",
    "inspect",
    "io",
    "itertools",
    "locale",
    "logging",
    "ntpath",
    "operator",
    "pathlib",
    "pkgutil",
    "platform",
    "pwd",
    "queue",
    "random",
    "re",
    "runpy",
    "secrets",
    "select",
    "shlex",
    "shutil",
    "socket",
    "stat",
    "string",
    "stringprep",
    "syslog",
    "tempfile",
    "textwrap",
    "typing",
    "unicodedata",
    "urllib.parse",
    "urllib.request",
    "uuid",
    "warnings",
    "zipfile",
)


class _Ended(Exception):
    """The other side has gone."""


def _read(descriptor: int, size: int) -> bytearray:
    received = bytearray(size)
    view = memoryview(received)
    while view:
        count = os.readv(descriptor, [view])
        if not count:
            raise _Ended
        view = view[count:]
    return received


def _write(descriptor: int, data: bytes | bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _identity() -> list[int] | None:
    """Changes when the interpreter is replaced by another version of it."""
    try:
        found = os.stat(os.path.realpath(sys.executable))
    except OSError:
        return None
    return [found.st_ino, found.st_mtime_ns, found.st_size]


class _Compiler:
    """Stands in for the function with which zipimport compiles; remembers what it compiled."""

    def __init__(self) -> None:
        self._compile = vars(zipimport)["_compile_source"]
        self._known: dict[bytes, types.CodeType] = {}
        self._new: list[tuple[bytes, types.CodeType]] = []

    def __call__(self, path: str, source: bytes) -> types.CodeType:
        key = hashlib.sha256(source).digest()
        code = self._known.get(key)
        if code is None:
            # zipimport asks twice for each module that it imports.
            code = self._known[key] = self._compile(path, source)
            self._new.append((key, code))
        return code

    def hand_back(self, descriptor: int) -> None:
        """In the fork, at its very end."""
        if self._new:
            _write(descriptor, marshal.dumps(self._new))

    def learn(self, data: bytes) -> None:
        """In the resident."""
        if data:
            self._known.update(marshal.loads(data))


class _Answer:
    """What a process wrote until it ended."""

    def __init__(self, control: int, drains: list[int], feed: tuple[int, memoryview] | None = None) -> None:
        self._control = control
        self._drains = drains
        self._collected = {descriptor: bytearray() for descriptor in drains}
        self._feed: int | None
        self._feed, self._left = feed if feed else (None, memoryview(b""))

    def __getitem__(self, descriptor: int) -> bytes:
        return bytes(self._collected[descriptor])

    def collect(self, process: int) -> int:
        """Until ``process`` has ended and all it wrote is here; returns its exit status as a shell would tell it."""
        status = None
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            for descriptor in self._drains:
                selector.register(descriptor, selectors.EVENT_READ)
            if self._feed is not None:
                os.set_blocking(self._feed, False)
                selector.register(self._feed, selectors.EVENT_WRITE)
            while len(selector.get_map()) > 1:
                ready = selector.select(_LOOK if status is None else 0)
                for key, _events in ready:
                    self._attend(key.fd, selector, process)
                if not ready:
                    # A process that was left in the background may hold the pipes for ever.
                    if status is not None:
                        break
                    status = _status(process, os.WNOHANG)
        for descriptor in [*self._drains, *([self._feed] if self._feed is not None else [])]:
            os.close(descriptor)
        return t.cast(int, _status(process, 0)) if status is None else status

    def _attend(self, descriptor: int, selector: selectors.BaseSelector, process: int) -> None:
        if descriptor == self._control:
            # Nothing is sent before the answer: this is the end.
            os.killpg(process, signal.SIGKILL)
            raise _Ended
        if descriptor == self._feed:
            self._send(descriptor, selector)
            return
        chunk = os.read(descriptor, _CHUNK)
        if chunk:
            self._collected[descriptor] += chunk
        else:
            selector.unregister(descriptor)

    def _send(self, feed: int, selector: selectors.BaseSelector) -> None:
        try:
            self._left = self._left[os.write(feed, self._left[:_CHUNK]) :]
        except BrokenPipeError:
            self._left = memoryview(b"")
        if not self._left:
            selector.unregister(feed)
            os.close(feed)
            self._feed = None


def _status(process: int, flags: int) -> int | None:
    pid, status = os.waitpid(process, flags)
    if not pid:
        return None
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


class _Resident:
    """Serves requests.

    :ivar program: in a fork, the module that it is to become.
    """

    def __init__(self, interpreter: str, source: int, sink: int) -> None:
        self._interpreter = interpreter
        self._source = source
        self._sink = sink
        self._identity = _identity()
        self._compiler = _Compiler()
        vars(zipimport)["_compile_source"] = self._compiler
        self.program: bytearray | None = None

    def serve(self) -> None:
        """Until the input ends; or, in a fork, until there is a program to run."""
        self._answer({"ready": True})
        while self.program is None:
            try:
                head, size = _HEAD.unpack(_read(self._source, _HEAD.size))
                header = json.loads(bytes(_read(self._source, head)))
                self._do(header, _read(self._source, size))
            except (_Ended, BrokenPipeError):
                return

    def _answer(self, header: dict[str, t.Any], payload: bytes = b"") -> None:
        encoded = json.dumps(header).encode()
        _write(self._sink, _HEAD.pack(len(encoded), len(payload)) + encoded + payload)

    def _do(self, header: dict[str, t.Any], payload: bytearray) -> None:
        if header["do"] == "python":
            if header["interpreter"] != self._interpreter:
                self._answer({"unable": True})
                return
            if _identity() != self._identity:
                self._answer({"unable": True})
                raise _Ended
            self._python(header["environment"], payload)
        elif header["do"] == "shell":
            self._shell(header["argv"], header["input"], payload)
        else:
            self._put(header["path"], payload)

    def _finish(self, status: int, out: bytes, errors: bytes) -> None:
        self._answer({"status": status, "out": len(out)}, out + errors)

    def _python(self, environment: dict[str, str], program: bytearray) -> None:
        out, errors, learned = os.pipe(), os.pipe(), os.pipe()
        process = os.fork()
        if not process:
            self._become(environment, program, out[1], errors[1], learned[1])
            return
        for _reader, writer in (out, errors, learned):
            os.close(writer)
        answer = _Answer(self._source, [out[0], errors[0], learned[0]])
        status = answer.collect(process)
        self._finish(status, answer[out[0]], answer[errors[0]])
        self._compiler.learn(answer[learned[0]])

    def _become(self, environment: dict[str, str], program: bytearray, out: int, errors: int, learned: int) -> None:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for descriptor, place in ((nothing, 0), (out, 1), (errors, 2)):
            os.dup2(descriptor, place)
        for descriptor in (nothing, out, errors, self._source, self._sink):
            os.close(descriptor)
        os.environ.update(environment)
        # What was installed since the resident started.
        importlib.invalidate_caches()
        if not sys.flags.no_site:
            site.addsitepackages(site.addusersitepackages(site.removeduppaths()))
        atexit.register(self._compiler.hand_back, learned)
        sys.argv[:] = [""]
        self.program = program

    def _shell(self, argv: list[str], has_input: bool, payload: bytearray) -> None:
        # pylint: disable-next=ansible-bad-function
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        streams = [stream for stream in (process.stdout, process.stderr, process.stdin) if stream is not None]
        out, errors, *feeds = (os.dup(stream.fileno()) for stream in streams)
        for stream in streams:
            stream.close()
        feed = (feeds[0], memoryview(payload)) if feeds else None
        answer = _Answer(self._source, [out, errors], feed)
        status = process.returncode = answer.collect(process.pid)
        self._finish(status, answer[out], answer[errors])

    def _put(self, path: str, payload: bytearray) -> None:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            try:
                _write(descriptor, payload)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._finish(1, b"", str(error).encode(errors="replace"))
        else:
            self._finish(0, b"", b"")


def _main() -> bytearray | None:
    """Take the streams away from where programs write, and serve."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for place in (0, 1):
        os.dup2(nothing, place)
    os.close(nothing)
    for name in _PRELOADED:
        importlib.import_module(name)
    gc.freeze()
    resident = _Resident(sys.argv[2], source, sink)
    resident.serve()
    return resident.program


def _run(program: bytearray) -> t.NoReturn:
    """Run a module as an interpreter would that reads it from standard input, and end as it would; without taking the resident's modules apart first."""
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    status = 1
    try:
        # What Ansible would feed to a Python of its own.
        exec(compile(bytes(program), "<stdin>", "exec"), module.__dict__)  # noqa: S102
        status = 0
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            status = (error.code or 0) & 0xFF
        else:
            sys.stderr.write(f"{error.code}\n")
    except BaseException:
        traceback.print_exc()
    vars(threading)["_shutdown"]()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or 120
    os._exit(status)


if __name__ == "__main__":
    _program = _main()
    if _program is not None:
        _run(_program)

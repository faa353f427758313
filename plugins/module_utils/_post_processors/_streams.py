# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compressing streams; what they write depends on nothing but the input and the options."""

from __future__ import annotations

import contextlib
import gzip
import lzma
import os
import shutil
import subprocess
import tempfile
import typing as t

from .._lifecycle.errors import BuilderError, CommandError, MissingDependencyError
from .._lifecycle.process import die_with_parent, require_program, tail

try:
    import zstandard
except ImportError:
    zstandard = None  # type: ignore[assignment,unused-ignore]

LEVELS = {"gz": (0, 9), "xz": (0, 9), "zst": (1, 19), "zip": (0, 9)}


def checked_level(algorithm: str, level: int | None) -> int | None:
    """:raises BuilderError: for a level that the algorithm does not know."""
    lowest, highest = LEVELS.get(algorithm, (0, 0))
    if level is not None and not lowest <= level <= highest:
        allowed = f"{lowest} to {highest}" if algorithm in LEVELS else "none"
        raise BuilderError(f"the compression level {level} is not possible for {algorithm}", hint=f"Possible levels: {allowed}.")
    return level


@contextlib.contextmanager
def compressing(raw: t.BinaryIO, algorithm: str, level: int | None, threads: int) -> t.Iterator[t.BinaryIO]:
    """A stream whose content lands compressed in ``raw``.

    :param algorithm: ``gz``, ``xz``, ``zst``, or nothing for none.
    :param threads: 0 for one per core; only xz and zst know more than one.
    :raises GoldenError: when a program is missing or fails.
    """
    if algorithm == "gz":
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6 if level is None else level) as stream:
            yield t.cast(t.BinaryIO, stream)
    elif algorithm == "xz" and threads == 1:
        with lzma.LZMAFile(raw, "wb", preset=6 if level is None else level) as xz_stream:
            yield t.cast(t.BinaryIO, xz_stream)
    elif algorithm == "xz":
        # pylint: disable-next=contextmanager-generator-missing-cleanup
        with _through([require_program("xz", "xz-utils"), "--stdout", f"-{6 if level is None else level}", f"-T{threads}"], raw) as stream_in:
            yield stream_in
    elif algorithm == "zst":
        # pylint: disable-next=contextmanager-generator-missing-cleanup
        with _zstd(raw, 3 if level is None else level, threads) as stream_in:
            yield stream_in
    else:
        yield raw


@contextlib.contextmanager
def _zstd(raw: t.BinaryIO, level: int, threads: int) -> t.Iterator[t.BinaryIO]:
    program = shutil.which("zstd")
    if program:
        with _through([program, "--stdout", "--quiet", f"-{level}", f"-T{threads}"], raw) as stream:
            yield stream
    elif zstandard is not None:
        count = (os.cpu_count() or 1) if threads == 0 else threads
        with zstandard.ZstdCompressor(level=level, threads=count, write_checksum=True).stream_writer(raw, closefd=False) as stream:
            yield t.cast(t.BinaryIO, stream)
    else:
        raise MissingDependencyError(
            "compressing with zstd needs the program zstd or the Python package zstandard, and neither is installed",
            hint="Install one of them: apt install zstd, or pip install zstandard.",
        )


@contextlib.contextmanager
def _through(argv: list[str], raw: t.BinaryIO) -> t.Iterator[t.BinaryIO]:
    raw.flush()
    with tempfile.TemporaryFile() as errors:
        # pylint: disable-next=ansible-bad-function
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=raw, stderr=errors, preexec_fn=die_with_parent)
        stdin = t.cast(t.BinaryIO, process.stdin)
        try:
            yield stdin
            stdin.close()
        except BrokenPipeError:
            # It ended early; why is in its own words below.
            pass
        except BaseException:
            process.kill()
            raise
        finally:
            with contextlib.suppress(BrokenPipeError):
                stdin.close()
            returncode = process.wait()
        if returncode:
            errors.seek(0)
            reason = tail(errors.read().decode(errors="replace")) or f"exit status {returncode}"
            raise CommandError(f"{argv[0]} failed: {reason}", argv=argv, returncode=returncode, hint="Free space when the disk is full.")

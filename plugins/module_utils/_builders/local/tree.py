# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root file trees: unpacked, copied, packed and removed without losing anything that GNU tar can keep."""

from __future__ import annotations

import pathlib
import subprocess
import tempfile
import typing as t

from ..._lifecycle.errors import BuilderError, CommandError
from ..._lifecycle.image_files import NO_SPACE_HINT
from ..._lifecycle.process import die_with_parent, require_program, tail
from .inside import inside, is_root, run_inside

#: Everything but what belongs to this machine and not to the tree.
_KEEP = ["--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*", "--xattrs-exclude=security.selinux", "--xattrs-exclude=trusted.overlay.*"]


def unpack_command(root: pathlib.Path, *, layer: bool = False) -> list[str]:
    """A command that unpacks the tar on its standard input into ``root``.

    :param layer: leave out the marks by which a layer says what it removes.
    """
    argv = [require_program("tar"), "-x", "-p", "--same-owner", *_KEEP, "-C", str(root)]
    if layer:
        argv += ["--no-anchored", "--wildcards", "--exclude=.wh.*"]
    if not is_root():
        # A user namespace may not make device nodes; a guest gets its /dev from the host.
        argv += ["--anchored", "--wildcards", "--exclude=./dev/*", "--exclude=dev/*"]
    return inside([*argv, "-f", "-"])


def unpack(root: pathlib.Path, stream: t.IO[bytes], what: str, *, layer: bool = False) -> None:
    """Unpack an uncompressed tar.

    :param stream: read to its end; may be a file or a pipe.
    :param what: names the archive in messages.
    :raises BuilderError: when it cannot be unpacked.
    """
    argv = unpack_command(root, layer=layer)
    # A file and no pipe: tar complains about every single file when the disk is full, while nobody reads.
    with tempfile.TemporaryFile() as complaints:
        # pylint: disable-next=ansible-bad-function
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints, preexec_fn=die_with_parent)
        with process:
            try:
                _feed(process, stream)
            except BaseException:
                process.kill()
                raise
        complaints.seek(0)
        errors = complaints.read().decode(errors="replace")
    if process.returncode:
        hint = NO_SPACE_HINT if "No space left" in errors else "Check that the archive is whole and is a root file tree."
        raise BuilderError(f"{what} could not be unpacked: {tail(errors, 5)}", hint=hint)


def _feed(process: subprocess.Popen[bytes], stream: t.IO[bytes]) -> None:
    sink = t.cast("t.IO[bytes]", process.stdin)
    try:
        while chunk := stream.read(1024 * 1024):
            sink.write(chunk)
        sink.close()
    except BrokenPipeError:
        # tar ended early: with an error that it tells itself, or at the end mark of the archive.
        while stream.read(1024 * 1024):
            pass


def copy_tree(source: pathlib.Path, root: pathlib.Path) -> None:
    """Copy a tree, sharing blocks where the file system can."""
    try:
        run_inside(["cp", "-a", "--reflink=auto", "--sparse=auto", "--", f"{source}/.", str(root)])
    except CommandError as error:
        hint = NO_SPACE_HINT if "No space left" in error.stderr else None
        raise BuilderError(f"{source} could not be copied: {tail(error.stderr, 3)}", hint=hint) from error


def pack_command(root: pathlib.Path, epoch: int | None) -> list[str]:
    """A command that writes ``root`` as a tar to its standard output, the same bytes for the same tree.

    :param epoch: no file is newer than this.
    """
    argv = ["tar", "-c", *_KEEP, "--sort=name", "--sparse", "--format=posix"]
    # Process ids are part of the default names of extended and sparse headers: the one is set, the other is always 1 in a pid namespace of its own.
    argv.append("--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime,delete=mtime")
    if epoch is not None:
        argv += ["--clamp-mtime", f"--mtime=@{epoch}"]
    return [*argv, "-C", str(root), "-f", "-", "."]


def remove_tree(path: pathlib.Path) -> None:
    """Remove a folder with files of any user in it; one that is not there is fine.

    :raises BuilderError: when something stays.
    """
    if not path.exists():
        return
    try:
        run_inside(["rm", "-rf", "--one-file-system", "--", str(path)])
    except CommandError as error:
        raise BuilderError(f"{path} could not be removed: {tail(error.stderr, 3)}") from error

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs programs where a guest's files belong to whom they say: as root, or as root of a user namespace."""

from __future__ import annotations

import getpass
import os
import pathlib
import subprocess
import sys
import typing as t

from ..._lifecycle.errors import CommandError, MissingDependencyError
from ..._lifecycle.process import require_program, run_command

_MAP = ("--user", "--map-root-user", "--map-auto")


def is_root() -> bool:
    """Whether files may be given to any user without a user namespace."""
    return os.geteuid() == 0


def require_user_namespace() -> None:
    """:raises MissingDependencyError: when this user cannot have a range of user ids of its own."""
    if is_root():
        return
    require_program("newuidmap", "uidmap")
    name = getpass.getuser()
    for path in ("/etc/subuid", "/etc/subgid"):
        if not _has_range(pathlib.Path(path), name):
            raise MissingDependencyError(
                f"{path} gives the user {name} no range of ids, so a guest cannot have users of its own",
                hint=f"As root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {name}",
            )


def _has_range(path: pathlib.Path, name: str) -> bool:
    owners = {name, str(os.getuid())}
    return path.is_file() and any(line.split(":")[0] in owners for line in path.read_text(encoding="utf-8").splitlines())


def inside(argv: list[str], *, own_pids: bool = False, own_mounts: bool = False) -> list[str]:
    """``argv`` made to run as the root that guests' files belong to.

    :param own_pids: it is process 1 of its own pid namespace, and whatever it started ends with it.
    :param own_mounts: what it mounts is its own.
    """
    flags: list[str] = [] if is_root() else list(_MAP)
    if own_pids:
        flags += ["--pid", "--fork", "--kill-child"]
    if own_mounts:
        flags.append("--mount")
    return [require_program("unshare", "util-linux"), *flags, "--", *argv] if flags else argv


def run_inside(argv: list[str], env: t.Mapping[str, str] | None = None, **options: bool) -> subprocess.CompletedProcess[str]:
    """Run to the end; options as of :func:`inside`.

    :param env: added to the environment.

    :raises CommandError: when it fails; says what to do when it is the user namespace that is refused.
    """
    try:
        return run_command(inside(argv, **options), env=env)
    except CommandError as error:
        if error.stderr.startswith("unshare:"):
            raise CommandError(
                f"no user namespace could be made: {error.stderr.strip()}",
                argv=error.argv,
                returncode=error.returncode,
                hint="Install uidmap, allow unprivileged user namespaces, or run as root.",
            ) from error
        raise


def program(module: str, *arguments: str) -> list[str]:
    """A command line that runs ``main()`` of one of this collection's modules in a bare Python."""
    import ansible_collections

    roots = os.pathsep.join(os.path.dirname(path) for path in ansible_collections.__path__)
    source = f"import sys; sys.path[:0] = sys.argv[1].split({os.pathsep!r}); del sys.argv[1]; from {module} import main; main()"
    return [sys.executable, "-I", "-S", "-c", source, roots, *arguments]

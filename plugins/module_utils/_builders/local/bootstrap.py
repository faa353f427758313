# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees bootstrapped from a distribution's packages, cached by their options."""

from __future__ import annotations

import dataclasses
import datetime
import os
import pathlib
import shutil
import typing as t

from ..._lifecycle.errors import BuilderError, CommandError, GoldenError, MissingDependencyError
from ..._lifecycle.files import locked, read_json, write_json_atomically
from ..._lifecycle.fingerprint import digest
from ..._lifecycle.journal import Resource
from ..._lifecycle.operation import Context
from ..._lifecycle.planning import parse_age
from ..._lifecycle.run import StateFolder, iso, utc_now
from .configuration import architecture_of
from .inside import is_root, require_user_namespace, run_inside
from .options import BACKEND
from .tree import remove_tree

Options = dict[str, t.Any]

_DEFAULT_MIRROR = {"debian": "http://deb.debian.org/debian", "ubuntu": "http://archive.ubuntu.com/ubuntu"}
_GENERATIONS_KEPT = 2
# Bootstrap programs copy these from the machine they run on.
_OF_THIS_MACHINE = ("etc/resolv.conf", "etc/hostname")


def describe(options: Options) -> str:
    """For people: ``debian bookworm with python3``."""
    name = f"{options['distribution']} {options['suite']}"
    return f"{name} with {', '.join(options['packages'])}" if options["packages"] else name


def key_of(options: Options) -> str:
    """Equal for options that bootstrap the same tree."""
    content = {name: value for name, value in options.items() if name != "max_age"}
    return digest({**content, "architecture": architecture_of(options.get("architecture")), "packages": sorted(options["packages"])})


@dataclasses.dataclass(frozen=True)
class BootstrapCache:
    """Bootstrapped trees in the state folder: one folder per key, one below it for each time it was bootstrapped."""

    state: StateFolder

    def obtain(self, options: Options, context: Context) -> pathlib.Path:
        """The root of a tree that must not be changed, bootstrapped now unless a young enough one is there.

        Builds that want the same tree wait for the one that makes it.
        """
        parse_age(options["max_age"])
        folder = self.state.cache / "bootstraps" / key_of(options)[:32]
        with locked(folder.with_suffix(".lock")):
            known = self._newest(folder, options)
            return known if known is not None else self._make(folder, options, context)

    @staticmethod
    def _newest(folder: pathlib.Path, options: Options) -> pathlib.Path | None:
        current = read_json(folder / "current.json")
        if not current:
            return None
        made = datetime.datetime.fromisoformat(current["made"].replace("Z", "+00:00"))
        root = folder / current["generation"] / "root"
        return root if root.is_dir() and utc_now() - made <= parse_age(options["max_age"]) else None

    def _make(self, folder: pathlib.Path, options: Options, context: Context) -> pathlib.Path:
        now = iso(utc_now())
        generation = folder / now.replace(":", "").replace("-", "")
        partial = generation.with_name(f"{generation.name}-{os.getpid()}.partial")
        resource = Resource(BACKEND, "partial tree", str(partial), {"path": str(partial)})
        context.say(f"bootstraps {describe(options)}; this is done once and then kept")
        context.journal.creating(resource)
        try:
            partial.mkdir(parents=True, mode=0o755)
            run_bootstrap(options, partial / "root", partial / "tmp")
            remove_tree(partial / "tmp")
            os.rename(partial, generation)
        except BaseException:
            remove_tree(partial)
            context.journal.discarded(resource)
            raise
        context.journal.discarded(resource)
        write_json_atomically(folder / "current.json", {"generation": generation.name, "made": now, "options": options})
        self._forget_old(folder)
        return generation / "root"

    def _forget_old(self, folder: pathlib.Path) -> None:
        in_use = {str((read_json(spec) or {}).get("lower")) for spec in self.state.guests.glob("*/guest.json")}
        generations = sorted(path for path in folder.iterdir() if path.is_dir() and path.suffix != ".partial")
        for old in generations[:-_GENERATIONS_KEPT]:
            if str(old / "root") not in in_use:
                remove_tree(old)


def run_bootstrap(options: Options, target: pathlib.Path, scratch: pathlib.Path) -> None:
    """Make ``target`` a root file tree.

    :param scratch: folder for temporary files, to be removed by the caller: a program that is killed leaves them.
    :raises MissingDependencyError: when no program can.
    :raises BuilderError: when it fails.
    """
    require_user_namespace()
    argv = _mmdebstrap(options, target) if _program("mmdebstrap") else _debootstrap(options, target)
    try:
        scratch.mkdir()
        run_inside(argv, env={"TMPDIR": str(scratch)}, own_pids=True, own_mounts=True)
        run_inside(["rm", "-f", "--", *(str(target / path) for path in _OF_THIS_MACHINE)])
    except CommandError as error:
        raise _failed(options, error) from error


def _failed(options: Options, error: CommandError) -> GoldenError:
    hint = "Check suite, packages, mirror and keyring of the source, and that the mirror is reachable."
    if "No space left" in error.stderr:
        hint = "Free space on the file system of the state folder."
    lines = [line for line in error.stderr.splitlines() if line.startswith(("E:", "error"))] or error.stderr.strip().splitlines()[-3:]
    return BuilderError(f"{describe(options)} could not be bootstrapped: {'; '.join(lines[-4:]) or error.message}", hint=hint)


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin:/sbin")


def _mmdebstrap(options: Options, target: pathlib.Path) -> list[str]:
    argv = ["mmdebstrap", "--quiet", "--mode=root", "--format=directory", f"--variant={options['variant']}"]
    argv.append(f"--components={','.join(options['components'])}")
    if options["packages"]:
        argv.append(f"--include={','.join(options['packages'])}")
    if options.get("architecture"):
        argv.append(f"--architectures={options['architecture']}")
    if options.get("keyring"):
        argv.append(f"--keyring={options['keyring']}")
    argv += [f"--aptopt={option}" for option in options["apt_options"]]
    mirror = options.get("mirror") or (_DEFAULT_MIRROR["ubuntu"] if options["distribution"] == "ubuntu" else None)
    # Without a mirror mmdebstrap adds the updates and security suites of a Debian release.
    return [*argv, "--", options["suite"], str(target), *([mirror] if mirror else [])]


def _debootstrap(options: Options, target: pathlib.Path) -> list[str]:
    program = _program("debootstrap")
    if program is None or not is_root():
        raise MissingDependencyError("the program mmdebstrap is not installed", hint=f"On Debian: apt install mmdebstrap{'' if is_root() else ' uidmap'}")
    if options["variant"] not in ("minbase", "important", "standard"):
        raise MissingDependencyError(f"the variant {options['variant']} needs mmdebstrap", hint="On Debian: apt install mmdebstrap")
    argv = [program, f"--components={','.join(options['components'])}"]
    if options["variant"] == "minbase":
        argv.append("--variant=minbase")
    if options["packages"]:
        argv.append(f"--include={','.join(options['packages'])}")
    if options.get("architecture"):
        argv.append(f"--arch={options['architecture']}")
    if options.get("keyring"):
        argv.append(f"--keyring={options['keyring']}")
    return [*argv, options["suite"], str(target), options.get("mirror") or _DEFAULT_MIRROR[options["distribution"]]]

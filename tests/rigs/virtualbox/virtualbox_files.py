# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""VirtualBox as Debian's development release has it, unpacked into a folder of its own; nothing of the machine is changed."""

from __future__ import annotations

import pathlib
import re
import shutil

from ..docker.processes import RigError
from .cached import cached, mirror, run

SUITE = "sid"
#: What graphical programs and guests with a display need, which never run here.
UNNEEDED = re.compile(r"lib(gl1|gsoap|sdl|tpms|vncserver|x11|xt)")
#: Maintainer scripts are not run; what is only needed by them stays away.
SCRIPTED = re.compile(r"(debconf|cdebconf|perl|dpkg|tar|libc-bin|x11-common)")


def virtualbox(cache: pathlib.Path) -> pathlib.Path:
    """The folder that takes the place of ``/usr`` while VBoxManage runs.

    :raises RigError: when it cannot be had.
    """
    return cached(cache, "virtualbox", pathlib.Path(__file__).read_text(encoding="utf-8"), _unpack)


def _unpack(folder: pathlib.Path) -> None:
    work = folder.with_name("apt")
    for name in ("lists/partial", "cache/archives/partial", "packages"):
        (work / name).mkdir(parents=True)
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (work / "sources.list").write_text(f"deb [signed-by={keyring}] {mirror()} {SUITE} main contrib\n")
    (work / "status").touch()
    settings = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    options = [f"--option={name}={value}" for name, value in settings.items()]
    run("apt-get", *options, "-qq", "update")
    packages = ["virtualbox", *_libraries(options)]
    run("apt-get", *options, "-qq", "download", *packages, cwd=work / "packages")
    for package in (work / "packages").glob("*.deb"):
        run("dpkg-deb", "--extract", package, work / "root")
    for name in ("share", "src"):
        shutil.rmtree(work / "root/usr" / name, ignore_errors=True)
    (work / "root/usr").rename(folder)
    if not (folder / "lib/virtualbox/VBoxManage").exists():
        raise RigError("the package virtualbox has no VBoxManage")


def _libraries(options: list[str]) -> set[str]:
    """Names of the packages with the libraries that VBoxManage and its server are linked with."""
    shown = run("apt-cache", *options, "show", "--no-all-versions", "virtualbox")
    (depends,) = re.findall(r"^Depends: (.*)$", shown, re.MULTILINE)
    direct = [name for name in re.findall(r"(?:^|, )(lib[^ ,]+)", depends) if not UNNEEDED.match(name)]
    without = [f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")]
    listed = run("apt-cache", *options, "depends", "--recurse", *without, *direct)
    return {line for line in listed.splitlines() if re.match("[a-z]", line) and ":" not in line and not SCRIPTED.match(line)}

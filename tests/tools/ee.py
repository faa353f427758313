# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the execution environment: this collection as a tarball, a context for ansible-builder, an image.

``ee.py --base IMAGE --tag NAME [--system debian] [--builders docker,aws] [-- ARGUMENTS OF ansible-builder]``
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFINITION = "execution-environment.yml"
TARBALL = "golden-images.tar.gz"
GROUPED = {"python": ROOT / "meta/ee-requirements.txt", "system": ROOT / "bindep.txt"}
GROUP = re.compile(r"# \[(\w+)\]")
# Arguments of the build that differ from those of execution-environment.yml, which are Red Hat's.
SYSTEMS: dict[str, dict[str, str]] = {
    "redhat": {},
    "debian": {"PKGMGR": "/usr/bin/apt-get", "PYCMD": "/usr/bin/python3", "PYPKG": "python3 python3-pip python3-venv", "PKGMGR_PRESERVE_CACHE": "always"},
}


def groups(text: str) -> dict[str, list[str]]:
    """Names of packages by the group under whose heading they stand."""
    found: dict[str, list[str]] = {}
    packages: list[str] = []
    for line in text.splitlines():
        if heading := GROUP.match(line):
            packages = found.setdefault(heading[1], [])
        elif line.strip() and not line.startswith("#"):
            packages.append(re.split(r"[\s<>=!~;\[]", line, maxsplit=1)[0])
    return found


def excluded(builders: t.Collection[str]) -> dict[str, list[str]]:
    """What ansible-builder leaves out so that only these groups remain.

    :raises SystemExit: for a group that there is not.
    """
    by_kind = {kind: groups(path.read_text(encoding="utf-8")) for kind, path in GROUPED.items()}
    known = {group for found in by_kind.values() for group in found}
    if unknown := sorted(set(builders) - known):
        raise SystemExit(f"golden.images: there is no group {', '.join(unknown)} of packages; there are {', '.join(sorted(known))}.")
    left_out = {}
    for kind, found in by_kind.items():
        wanted = {name for group in builders for name in found.get(group, ())}
        left_out[kind] = sorted({name for names in found.values() for name in names} - wanted)
    return {kind: names for kind, names in left_out.items() if names}


def write_definition(folder: pathlib.Path, builders: t.Collection[str]) -> pathlib.Path:
    """The definition of ansible-builder in ``folder``, without what other builders need; no builders mean all."""
    definition = yaml.safe_load((ROOT / DEFINITION).read_text(encoding="utf-8"))
    if builders and (left_out := excluded(builders)):
        definition["dependencies"]["exclude"] = left_out
    path = folder / DEFINITION
    path.write_text(yaml.safe_dump(definition, sort_keys=False), encoding="utf-8")
    return path


def make_tarball(folder: pathlib.Path) -> None:
    """The collection, under a name without a version."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.tar.gz"):
        old.unlink()
    program = pathlib.Path(sys.executable).with_name("ansible-galaxy")
    subprocess.run([str(program), "collection", "build", "--force", "--output-path", str(folder), str(ROOT)], check=True, stdout=subprocess.DEVNULL)
    (made,) = folder.glob("golden-images-*.tar.gz")
    made.rename(folder / TARBALL)


def build(options: argparse.Namespace) -> None:
    """Make the image.

    :raises SystemExit: with ansible-builder's exit status when it fails.
    """
    folder = pathlib.Path(options.folder).resolve()
    shutil.rmtree(folder / "context", ignore_errors=True)
    make_tarball(folder)
    definition = write_definition(folder, options.builders)
    arguments = {**SYSTEMS[options.system], **({"EE_BASE_IMAGE": options.base} if options.base else {})}
    command = [str(pathlib.Path(sys.executable).with_name("ansible-builder")), "build", "--file", str(definition), "--context", str(folder / "context")]
    command += ["--tag", options.tag, "--container-runtime", options.runtime]
    command += [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
    done = subprocess.run([*command, *options.more], check=False, cwd=folder, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    if done.returncode:
        raise SystemExit(done.returncode)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Build the execution environment of golden.images.")
    parser.add_argument("--base", default="", help="base image; without it that of execution-environment.yml")
    parser.add_argument("--system", choices=sorted(SYSTEMS), default="redhat", help="what the base image is made of")
    parser.add_argument("--tag", default="golden-images-ee", help="name of the image")
    parser.add_argument("--runtime", choices=["podman", "docker"], default="podman")
    parser.add_argument("--builders", type=lambda text: text.replace(",", " ").split(), default=[], help="groups of packages to install; all when empty")
    parser.add_argument("--folder", default=str(ROOT / "dist/ee"), help="where tarball and context are made")
    parser.add_argument("more", nargs="*", help="arguments of ansible-builder, after --")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    build(parse(sys.argv[1:]))

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: this project in several set-ups, and its peers, all with the same role on the same base image."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import typing as t

from tests.benchmarks.measuring import measure
from tests.rigs.docker.rig import BASE_IMAGE, BASE_PACKAGES, DockerRig

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "benchmarks"
ROLE = "thirty_tasks"
KEEP_ALIVE = ["sleep", "100000"]

_CONFIG = """[defaults]
roles_path = {roles}
interpreter_python = auto_silent
deprecation_warnings = false
host_key_checking = false
[connection]
pipelining = true
"""


@dataclasses.dataclass(frozen=True)
class Bench:
    """Where a measurement takes place.

    :ivar folder: for everything that it writes.
    """

    folder: pathlib.Path
    rig: DockerRig

    def environment(self, programs: pathlib.Path | None = None) -> dict[str, str]:
        """Of a user without settings of his own, with the programs of a virtual environment first."""
        path = [str(programs or pathlib.Path(sys.executable).parent), os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"]
        passed = {name: os.environ[name] for name in ("TMPDIR", "ANSIBLE_COLLECTIONS_PATH") if name in os.environ}
        return {
            **passed,
            "PATH": os.pathsep.join(path),
            "HOME": str(self.folder / "home"),
            "LC_ALL": "C.UTF-8",
            "DOCKER_HOST": self.rig.host,
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }

    def prepare(self) -> None:
        """Write what all subjects share."""
        (self.folder / "home").mkdir(exist_ok=True)
        (self.folder / "ansible.cfg").write_text(_CONFIG.format(roles=HERE / "roles"), encoding="utf-8")
        play = {"hosts": "all", "gather_facts": True, "roles": [ROLE]}
        (self.folder / "site.yml").write_text(json.dumps([play]), encoding="utf-8")

    def forget_images(self, prefix: str) -> None:
        """Remove the images of a subject, so that no run finds those of the one before."""
        names = [name for name in self.rig.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split() if name.startswith(prefix)]
        if names:
            self.rig.docker("rmi", "-f", *names)


def virtual_environment(name: str, *requirements: str) -> pathlib.Path:
    """Folder of the programs of an environment below ``.venvs``, made when it is not there; with the Python that runs this."""
    folder = ROOT / ".venvs" / name
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    subprocess.run([str(ROOT / "tests/tools/venv.sh"), str(folder.relative_to(ROOT)), version, *requirements], cwd=ROOT, check=True)
    return folder / "bin"


def ansible_core() -> str:
    """The requirement that gives a peer the ansible-core that this runs with."""
    from ansible.release import __version__

    return f"ansible-core=={__version__}"


class Subject:
    """One way to build.

    :cvar name: for ``--only``.
    :cvar title: for the report.
    :cvar sizes: numbers of builds side by side that it is measured with.
    """

    name = ""
    title = ""
    sizes: tuple[int, ...] = (1,)
    has_task_times = True

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def missing(self) -> str:
        """Why it cannot be measured here; empty when it can."""
        return ""

    def prepare(self, size: int) -> None:
        """Whatever is not part of the measurement; called once for each size."""

    def command(self, size: int) -> list[str]:
        """What is measured."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Of the command."""
        return self.bench.environment()

    def tidy(self) -> None:
        """After each run."""

    def folder(self, size: int) -> pathlib.Path:
        """Current folder of the command."""
        folder = self.bench.folder / f"{self.name}-{size}"
        folder.mkdir(exist_ok=True)
        return folder


class Ours(Subject):
    """This project; forced, so that each run builds."""

    name = "golden-docker"
    title = "golden.images, `docker`"
    sizes = (1, 4, 16)
    builder: t.ClassVar[dict[str, t.Any]] = {"type": "docker", "source": {"image": BASE_IMAGE}, "network": "none"}
    extra: t.ClassVar[dict[str, t.Any]] = {"golden_force": True}

    def prepare(self, size: int) -> None:
        # What others do not do either is left out: making the image general.
        image = {"version": "1.0.0", "generalize": False, "provisioners": [{"role": ROLE}]}
        # Names of its own: subjects share a daemon, and an image that takes over a name makes the other's build out of date.
        names = [f"{self.name}-{number}" for number in range(1, size + 1)]
        settings = {"state_dir": str(self.bench.folder / "state")}
        definition = {"plugin": "golden.images.builds", "settings": settings, "builders": {self.name: self.builder}, "images": dict.fromkeys(names, image)}
        # JSON is YAML.
        (self.folder(size) / "bench.golden.yml").write_text(json.dumps(definition), encoding="utf-8")

    def command(self, size: int) -> list[str]:
        """The forks decide how many builds are in progress at once."""
        return ["ansible-playbook", "golden.images.build_images", "-i", "bench.golden.yml", "-f", str(size), "-e", json.dumps(self.extra)]

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "ANSIBLE_INVENTORY_ENABLED": "golden.images.builds,auto"}


class OursUnchanged(Ours):
    """A second run with nothing to do."""

    name = "golden-docker-unchanged"
    title = "golden.images, `docker`, nothing changed"
    sizes = (1,)
    extra: t.ClassVar[dict[str, t.Any]] = {}

    def prepare(self, size: int) -> None:
        super().prepare(size)
        measure(self.command(size), self.folder(size), self.environment(), self.bench.folder / "run.log")


class OursLocal(Ours):
    """The builder that needs no daemon, from the packages that the base image has."""

    name = "golden-local"
    title = "golden.images, `local`"
    sizes = (1,)
    builder: t.ClassVar[dict[str, t.Any]] = {
        "type": "local",
        "source": {"bootstrap": {"suite": "bookworm", "packages": BASE_PACKAGES.split(",")}},
        "network": "none",
    }

    def prepare(self, size: int) -> None:
        super().prepare(size)
        # The bootstrap is in the cache then, as the daemon has its base image before the first build.
        measure(self.command(size), self.folder(size), self.environment(), self.bench.folder / "run.log")


class OursCold(Ours):
    """This project without its resident Python."""

    name = "golden-docker-cold"
    title = "golden.images, `docker`, `golden_resident_python: false`"
    sizes = (1,)
    extra: t.ClassVar[dict[str, t.Any]] = {"golden_force": True, "golden_resident_python": False}


class Peer(Subject):
    """A peer that uses the connection of community.docker, which the package ``ansible`` brings."""

    programs = pathlib.Path()

    def prepare(self, size: int) -> None:
        self.programs = virtual_environment("peers", ansible_core(), "ansible", "docker")

    def environment(self) -> dict[str, str]:
        return {**self.bench.environment(self.programs), "ANSIBLE_COLLECTIONS_PATH": str(self.bench.folder / "home")}


class Packer(Peer):
    """Packer with its ansible provisioner."""

    name = "packer"
    title = "Packer, `docker` + `ansible`"
    sizes = (1, 4, 16)

    def missing(self) -> str:
        return "" if shutil.which("packer", path=self.environment()["PATH"]) else "packer is not installed"

    def prepare(self, size: int) -> None:
        super().prepare(size)
        names = [f"web{number}" for number in range(1, size + 1)]
        run = ["-d", "-i", "--network", "none", "--entrypoint", KEEP_ALIVE[0], "--", "{{.Image}}", *KEEP_ALIVE[1:]]
        provisioner = {
            "type": "ansible",
            "playbook_file": str(self.bench.folder / "site.yml"),
            "user": "root",
            "extra_arguments": ["--extra-vars", "ansible_host={{ build `ID` }} ansible_connection=community.docker.docker ansible_user=root"],
        }
        template = {
            "builders": [{"type": "docker", "name": name, "image": BASE_IMAGE, "pull": False, "commit": True, "run_command": run} for name in names],
            "provisioners": [provisioner],
            "post-processors": [{"type": "docker-tag", "repository": "packer/{{ build_name }}", "tag": ["1.0.0"]}],
        }
        (self.folder(size) / "template.json").write_text(json.dumps(template), encoding="utf-8")

    def command(self, size: int) -> list[str]:
        return ["packer", "build", "-color=false", "template.json"]

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "CHECKPOINT_DISABLE": "1", "PACKER_CACHE_DIR": str(self.bench.folder / "home")}

    def tidy(self) -> None:
        self.bench.forget_images("packer/")


class Plain(Peer):
    """ansible-playbook, with the docker program before and after it."""

    name = "plain"
    title = "`ansible-playbook` between `docker run` and `docker commit`"

    connection = "community.docker.docker"

    def prepare(self, size: int) -> None:
        super().prepare(size)
        playbook = f"ansible-playbook -i plain1, -e ansible_connection={self.connection} -e ansible_user=root"
        lines = [
            "set -e",
            f"docker run -d --name plain1 --network none {BASE_IMAGE} {' '.join(KEEP_ALIVE)}",
            f"{playbook} {self.bench.folder / 'site.yml'}",
            "docker commit plain1 plain/web1:1.0.0",
            "docker rm -f plain1",
        ]
        (self.folder(size) / "plain.sh").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def command(self, size: int) -> list[str]:
        return ["sh", "plain.sh"]

    def tidy(self) -> None:
        self.bench.forget_images("plain/")


class PlainMitogen(Plain):
    """The same carried by mitogen, with the strategy that it brings."""

    name = "plain-mitogen"
    title = "`ansible-playbook` with mitogen between `docker run` and `docker commit`"
    connection = "mitogen_docker"

    def prepare(self, size: int) -> None:
        super().prepare(size)
        self.programs = virtual_environment("mitogen", ansible_core(), "ansible", "docker", "mitogen")

    def environment(self) -> dict[str, str]:
        (strategies,) = self.programs.parent.glob("lib/*/site-packages/ansible_mitogen/plugins/strategy")
        return {**super().environment(), "ANSIBLE_STRATEGY_PLUGINS": str(strategies), "ANSIBLE_STRATEGY": "mitogen_linear"}


class Bender(Subject):
    """ansible-bender on buildah, each with storage of its own."""

    name = "ansible-bender"
    title = "ansible-bender + buildah"
    has_task_times = False
    programs = pathlib.Path()

    def missing(self) -> str:
        absent = [name for name in ("buildah", "podman") if not shutil.which(name, path=self.bench.environment()["PATH"])]
        return f"{' and '.join(absent)} not installed" if absent else ""

    def prepare(self, size: int) -> None:
        self.programs = virtual_environment("bender", "ansible-bender", "ansible==12.*", "setuptools<81", "jsonschema<4")
        folder = self.folder(size)
        storage = f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'
        (folder / "storage.conf").write_text(storage, encoding="utf-8")
        limits = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n[engine]\ncgroup_manager = "cgroupfs"\n'
        (folder / "containers.conf").write_text(limits, encoding="utf-8")
        archive = folder / "base.tar"
        self.bench.rig.docker("save", "-o", str(archive), BASE_IMAGE)
        pulled = subprocess.run(["buildah", "pull", f"docker-archive:{archive}"], env=self.environment(), check=True, capture_output=True, text=True)
        archive.unlink()
        image = {"base_image": pulled.stdout.split()[-1], "layering": False, "target_image": {"name": "bender/web1"}}
        play = {"hosts": "all", "gather_facts": True, "vars": {"ansible_bender": {**image, "cache_tasks": False}}, "roles": [ROLE]}
        (folder / "site.yml").write_text(json.dumps([play]), encoding="utf-8")
        (folder / "roles").symlink_to(HERE / "roles")

    def command(self, size: int) -> list[str]:
        return ["ansible-bender", "--database-dir", str(self.folder(size)), "build", "--no-cache", "site.yml"]

    def environment(self) -> dict[str, str]:
        folder = self.folder(1)
        settings = {"CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"), "CONTAINERS_CONF": str(folder / "containers.conf")}
        environment = {**self.bench.environment(self.programs), **settings, "ANSIBLE_PIPELINING": "1"}
        del environment["ANSIBLE_CONFIG"]
        return environment


SUBJECTS: tuple[type[Subject], ...] = (Packer, Ours, OursLocal, OursUnchanged, OursCold, Plain, PlainMitogen, Bender)

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment as an image of a Podman that is private to the tests, and ansible-runner in front of it.

No registry is needed: the base image is bootstrapped from Debian's packages, and the Python packages come from a folder
that the machine's own pip filled. Neither that folder nor the machine's package index gets into the image.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from ..docker.processes import RigError
from ..docker.rig import clear, program, root_archive

ROOT = pathlib.Path(__file__).resolve().parents[3]
TOOLS = ROOT / ".venvs/ee/bin"
BASE_IMAGE = "localhost/rig/ee-base:1"
EE_IMAGE = "localhost/rig/golden-images-ee:1"
_BASE_PACKAGES = "python3,python3-pip,python3-venv,ca-certificates"
_PYTHON = "3.11"
# What ansible-builder itself installs into its stages.
_TOOLS = ("ansible-core>=2.19", "ansible-runner", "bindep", "pyyaml", "packaging", "setuptools", "wheel", "dumb-init==1.2.5")
# Limits that Podman would raise, and cgroups that systemd would make, are not to be had on every machine.
_CONTAINERS_CONF = """
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
tmp_dir = "{folder}/tmp"
[containers]
netns = "host"
default_ulimits = ["nofile=1024:4096", "nproc=8192:8192"]
"""
_STORAGE_CONF = '[storage]\ndriver = "overlay"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'


def make_tools() -> pathlib.Path:
    """``bin`` of an environment with ansible-runner and ansible-builder, as AWX has them beside, not in, the execution environment.

    :raises RigError: when pip cannot install them.
    """
    done = subprocess.run([str(ROOT / "tests/tools/ee_tools.sh")], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RigError(done.stderr)
    return TOOLS


@dataclasses.dataclass
class EeRig:
    """Podman with the execution environment.

    :ivar cache: survives the session, so that the next one finds layers and wheels.
    """

    cache: pathlib.Path
    folder: pathlib.Path = dataclasses.field(default_factory=lambda: pathlib.Path(tempfile.mkdtemp(prefix="golden-ee-")))

    @property
    def environment(self) -> dict[str, str]:
        """With it every podman, whoever calls it, is this one."""
        return {
            "PATH": os.pathsep.join([str(TOOLS), os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"]),
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
            "TMPDIR": str(self.folder / "tmp"),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.folder),
        }

    def podman(self, *arguments: str) -> str:
        """What Podman wrote.

        :raises RigError: when it fails.
        """
        done = subprocess.run([program("podman"), *arguments], env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RigError(f"podman {' '.join(arguments)}: {done.stderr[-2000:]}")
        return done.stdout.strip()

    # -- life

    def start(self) -> None:
        """Have the image; layers of the last session are used again.

        :raises RigError: when it cannot be built.
        """
        if os.geteuid() != 0:
            raise RigError("this rig of Podman needs root")
        for name, text in (("containers.conf", _CONTAINERS_CONF), ("storage.conf", _STORAGE_CONF)):
            # The storage is kept, what belongs to processes is not.
            settings = text.replace("{folder}/storage", str(self.cache / "ee-storage")).replace("{folder}", str(self.folder))
            (self.folder / name).write_text(settings, encoding="utf-8")
        (self.folder / "tmp").mkdir(exist_ok=True)
        for database in ("db.sql", "libpod/bolt_state.db"):
            # It knows containers, which are gone, and the folders of the session that made it, which it would use again. Images are elsewhere.
            (self.cache / "ee-storage" / database).unlink(missing_ok=True)
        make_tools()
        self._import_base()
        self._build()

    def stop(self) -> None:
        """End containers, unmount, remove all but the cache."""
        for container in self.podman("ps", "-aq").split():
            self.podman("rm", "-f", container)
        clear(self.folder)
        clear(self.cache / "ee-storage")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _import_base(self) -> None:
        archive = root_archive(self.cache, "ee-base-bookworm.tar", _BASE_PACKAGES)
        if subprocess.run([program("podman"), "image", "exists", BASE_IMAGE], env=self.environment, check=False).returncode:
            self.podman("import", str(archive), BASE_IMAGE)

    def _build(self) -> None:
        settings = self.folder / "pip.conf"
        settings.write_text("[global]\nno-index = true\nfind-links = /wheels\n", encoding="utf-8")
        options = f"--network=host --layers --volume {self._wheels()}:/wheels:ro --volume {settings}:/etc/pip.conf:ro"
        variables = {"EE_BASE": BASE_IMAGE, "EE_SYSTEM": "debian", "EE_TAG": EE_IMAGE, "EE_FOLDER": str(self.folder / "ee")}
        argv = ["make", "-C", str(ROOT), "ee", *(f"{name}={value}" for name, value in variables.items())]
        argv.append(f"EE_ARGS=--extra-build-cli-args='{options}' -v 3")
        done = subprocess.run(argv, env=self.environment, capture_output=True, text=True, check=False)
        (self.cache / "ee-build.log").write_text(done.stdout + done.stderr, encoding="utf-8")
        if done.returncode:
            raise RigError(f"the execution environment could not be built: {(done.stdout + done.stderr)[-3000:]}")
        self.podman("image", "prune", "--force")

    def _wheels(self) -> pathlib.Path:
        requirements = ROOT / "meta/ee-requirements.txt"
        key = hashlib.sha256("\n".join([*_TOOLS, requirements.read_text(encoding="utf-8")]).encode()).hexdigest()[:12]
        folder = self.cache / f"ee-wheels-{key}"
        if not folder.exists():
            partial = self.cache / f"partial-ee-wheels-{os.getpid()}"
            argv = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest", str(partial), "--python-version", _PYTHON]
            argv += ["--only-binary=:all:", "--requirement", str(requirements), *_TOOLS]
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            if done.returncode:
                shutil.rmtree(partial, ignore_errors=True)
                raise RigError(f"pip could not download the packages: {done.stderr[-2000:]}")
            for old in self.cache.glob("ee-wheels-*"):
                shutil.rmtree(old, ignore_errors=True)
            partial.rename(folder)
        return folder

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Docker daemon and a real registry, private to the tests.

The daemon has its own socket and folders and does not touch the machine's network: guests run
without one. Nothing is pulled from anywhere; the base image is bootstrapped from Debian's packages.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request

from .processes import RigError, end, kill_all, mentioning, start, wait_until

BASE_IMAGE = "rig/base:1"
BASE_PACKAGES = "python3,python3-apt,ca-certificates"
USER, PASSWORD = "golden", "golden-rig"
_PASSWORD_HASH = "$2b$04$Pl5XsANQIq2G11VMyc3NnuwiA1JzkW18DekSgvzsExxIofmw/5e/K"
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def program(name: str) -> str:
    """Path of a program, Debian's own before others, whose client may be too new for Debian's daemon.

    :raises RigError: when it is not installed.
    """
    found = shutil.which(name, path="/usr/sbin:/usr/bin") or shutil.which(name, path=_PATH)
    if found is None:
        raise RigError(f"{name} is not installed")
    return found


def clear(folder: pathlib.Path) -> None:
    """Kill what still runs out of a folder, and unmount what is mounted in it."""

    def is_over() -> bool:
        kill_all(left := mentioning(str(folder)))
        return not left

    wait_until(is_over, f"what ran out of {folder} to end")
    mounts = [line.split()[1] for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((path for path in mounts if path.startswith(str(folder))), reverse=True):
        subprocess.run(["umount", "-l", mount], check=False, capture_output=True)


@dataclasses.dataclass
class DockerRig:
    """A running daemon."""

    folder: pathlib.Path
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> pathlib.Path:
        return self.folder / "docker.sock"

    @property
    def host(self) -> str:
        """Value of ``docker_host`` or ``DOCKER_HOST``."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start the daemon, again when it was stopped or killed.

        :raises RigError: when it does not come up.
        """
        if os.geteuid() != 0:
            raise RigError("a Docker daemon needs root")
        argv = [program("dockerd"), "-H", self.host, "--data-root", f"{self.folder}/data", "--exec-root", f"{self.folder}/exec"]
        argv += ["--pidfile", f"{self.folder}/docker.pid", "--bridge=none", "--iptables=false", "--ip6tables=false", "--log-level=warn", *self.arguments]
        (self.folder / "docker.pid").unlink(missing_ok=True)
        self.process = start(argv, self.folder / "dockerd.log")
        try:
            wait_until(self._answers, "the Docker daemon")
        except RigError as error:
            self.stop()
            log = (self.folder / "dockerd.log").read_text(errors="replace")[-2000:]
            raise RigError(f"{error}\n{log}") from error

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise RigError(f"dockerd ended with {self.process.returncode}")
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.settimeout(2)
            client.connect(str(self.socket))
            client.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b"200 OK" in client.recv(4096)
        return False

    def kill(self) -> None:
        """The daemon dies as by SIGKILL, its containers with it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
        kill_all(mentioning(str(self.folder)))
        self.socket.unlink(missing_ok=True)

    def halt(self) -> None:
        """The daemon ends as by a service manager, and its containers stop; all that it keeps stays for the next start."""
        if self.process is not None:
            end(self.process)
            self.process = None

    def stop(self) -> None:
        """End the daemon and all it started, and unmount what it mounted."""
        if self.process is not None:
            with contextlib.suppress(RigError, subprocess.CalledProcessError):
                for container in self.docker("ps", "-aq").split():
                    self.docker("rm", "-fv", container)
            end(self.process)
            self.process = None
        clear(self.folder)

    def docker(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run the Docker client against this daemon and return what it wrote."""
        env = {**os.environ, "DOCKER_HOST": self.host}
        env.pop("DOCKER_CONTEXT", None)
        done = subprocess.run([program("docker"), *arguments], input=stdin, capture_output=True, check=False, env=env)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
        return done.stdout.decode(errors="replace").strip()

    def exists(self, reference: str, kind: str = "image") -> bool:
        """Whether the daemon has an image or a container of this name."""
        try:
            self.docker("inspect", "--type", kind, reference)
        except subprocess.CalledProcessError:
            return False
        return True

    def everything(self) -> dict[str, set[str]]:
        """Containers, images (intermediate ones too), volumes and networks that exist now."""
        return {
            "containers": set(self.docker("ps", "-aq", "--no-trunc").split()),
            "images": set(self.docker("images", "-aq", "--no-trunc").split()),
            "volumes": set(self.docker("volume", "ls", "-q").split()),
            "networks": set(self.docker("network", "ls", "-q", "--no-trunc").split()),
        }


def base_archive(cache: pathlib.Path) -> pathlib.Path:
    """A root file system of Debian 12 with Python.

    :raises RigError: when it cannot be bootstrapped.
    """
    return root_archive(cache, "docker-base-bookworm.tar", BASE_PACKAGES)


def root_archive(cache: pathlib.Path, name: str, packages: str) -> pathlib.Path:
    """A root file system of Debian 12 with some packages (names with commas between), bootstrapped once.

    :raises RigError: when it cannot be bootstrapped.
    """
    archive = cache / name
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        # Named by this process: two test runs may bootstrap at the same time.
        partial = archive.with_name(f"{archive.stem}-{os.getpid()}.partial.tar")
        try:
            argv = [program("mmdebstrap"), "--variant=minbase", f"--include={packages}", "bookworm", str(partial)]
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RigError(f"mmdebstrap failed: {done.stderr[-1000:]}")
            partial.rename(archive)
        finally:
            partial.unlink(missing_ok=True)
    return archive


def import_base(rig: DockerRig, cache: pathlib.Path) -> str:
    """Have the base image in the daemon."""
    if not rig.exists(BASE_IMAGE):
        rig.docker("import", "--change", 'CMD ["/bin/bash"]', "--change", "LABEL rig.base=yes", str(base_archive(cache)), BASE_IMAGE)
    return BASE_IMAGE


def free_port() -> int:
    """A port on loopback that nobody listens on now, and that no connection gets that asks for any port: a rig may listen there minutes later."""
    for port in random.sample(range(10000, 20000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RigError("no port is free")


@dataclasses.dataclass
class Registry:
    """A running registry on loopback, which a Docker daemon takes without TLS."""

    folder: pathlib.Path
    login: bool = False
    port: int = dataclasses.field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """First part of the names of its images."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """:raises RigError: when it does not come up."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config: dict[str, object] = {
            "version": "0.1",
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "data")}, "delete": {"enabled": True}},
            "http": {"addr": self.address},
        }
        if self.login:
            (self.folder / "htpasswd").write_text(f"{USER}:{_PASSWORD_HASH}\n")
            config["auth"] = {"htpasswd": {"realm": "rig", "path": str(self.folder / "htpasswd")}}
        # JSON is YAML.
        (self.folder / "config.yml").write_text(json.dumps(config))
        self.process = start([program("docker-registry"), "serve", str(self.folder / "config.yml")], self.folder / "registry.log")
        wait_until(self._answers, "the registry")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.address}/v2/", timeout=2):
                return True
        except urllib.error.HTTPError as error:
            return error.code == 401
        except OSError:
            return False

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            end(self.process)
            self.process = None


@dataclasses.dataclass
class PodmanRig:
    """Podman's service, which speaks the same API on a socket of its own."""

    folder: pathlib.Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """Value of ``docker_host``."""
        return f"unix://{self.folder}/podman.sock"

    def start(self) -> None:
        """:raises RigError: when it does not come up."""
        if os.geteuid() != 0:
            raise RigError("this rig of Podman needs root")
        argv = [*self._command(), "system", "service", "--time=0", self.host]
        self.process = start(argv, self.folder / "podman.log")
        wait_until((self.folder / "podman.sock").exists, "Podman")

    def _command(self) -> list[str]:
        folders = ["--root", f"{self.folder}/root", "--runroot", f"{self.folder}/run", "--tmpdir", f"{self.folder}/tmp"]
        return [program("podman"), *folders, "--cgroup-manager=cgroupfs"]

    def podman(self, *arguments: str) -> str:
        """Run Podman's own client and return what it wrote."""
        return subprocess.run([*self._command(), *arguments], capture_output=True, check=True, text=True).stdout.strip()

    def stop(self) -> None:
        """End it and its containers, and unmount what it mounted."""
        if self.process is not None:
            with contextlib.suppress(subprocess.CalledProcessError):
                self.podman("rm", "-fav")
            end(self.process)
            self.process = None
        clear(self.folder)

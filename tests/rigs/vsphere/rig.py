# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vCenter, private to the tests: govmomi's simulator, whose machines are containers that answer on SSH."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import typing as t
import urllib.parse
import urllib.request

from ..docker.processes import RigError, end, start, wait_until
from ..docker.rig import DockerRig, free_port, program
from ..guests.image import BOOT, GUEST_IMAGE, import_guest
from ..leftovers import Kinds
from .building import CLIENT, SERVER, programs

USER, PASSWORD = "administrator@vsphere.local", "rig-Secret-9fK2&x"
GUEST_USER, GUEST_PASSWORD = "debian", "rig-guest-7Qd"
NETWORK, LABEL = "golden-vsphere", "golden.rig=vsphere"
#: Folders on datastores that guests share: a deletion takes all that is in a folder, so that nobody may delete these.
SHARED_FOLDERS = ("] golden-images/",)


@dataclasses.dataclass(eq=False)
class VSphereRig:
    """The running vCenter.

    :ivar folder: an empty folder of its own.
    :ivar subnet: of the guests.
    """

    docker: DockerRig
    folder: pathlib.Path
    port: int = dataclasses.field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    programs: pathlib.Path = pathlib.Path()
    subnet: str = ""

    @property
    def ca_file(self) -> pathlib.Path:
        """The certificate of the server's, which signs itself."""
        return self.folder / "ca.pem"

    @property
    def account(self) -> dict[str, t.Any]:
        """The connection as options of modules and builders."""
        return {"hostname": "127.0.0.1", "port": self.port, "username": USER, "password": PASSWORD, "ca_file": str(self.ca_file)}

    # -- life

    def prepare(self, cache: pathlib.Path) -> None:
        """Have programs, the content of guests, and a network that reaches the host and nothing else.

        :raises RigError: when something cannot be had.
        """
        for need in ("qemu-img", "xorriso"):
            program(need)
        self.programs = programs(cache)
        import_guest(self.docker, cache)
        # Made twice: the first time for a range that is free here. Only in one that was asked for guests can have fixed addresses.
        network = ("network", "create", "--internal", "--label", LABEL)
        self.docker.docker(*network, NETWORK)
        self.subnet = self.docker.docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", NETWORK)
        self.docker.docker("network", "rm", NETWORK)
        self.docker.docker(*network, "--subnet", self.subnet, NETWORK)

    def start(self) -> None:
        """A vCenter with a fresh inventory.

        :raises RigError: when it does not come up.
        """
        self.ca_file.unlink(missing_ok=True)
        guests = self.folder / "guests"
        guests.mkdir(exist_ok=True)
        settings = {
            "Listen": f"127.0.0.1:{self.port}",
            "User": USER,
            "Password": PASSWORD,
            "Certificate": str(self.ca_file),
            "Folder": str(guests),
            "Docker": [program("docker"), "--host", self.docker.host],
            "Network": NETWORK,
            "Label": LABEL,
            "Stock": GUEST_IMAGE,
            "Boot": BOOT,
            "GuestUser": GUEST_USER,
            "GuestPassword": GUEST_PASSWORD,
        }
        (self.folder / "settings.json").write_text(json.dumps(settings))
        (self.folder / "tmp").mkdir(exist_ok=True)
        argv = [str(self.programs / SERVER), str(self.folder / "settings.json")]
        self.process = start(argv, self.folder / "server.log", {"TMPDIR": str(self.folder / "tmp")})
        wait_until(self._answers, "the vCenter")

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise RigError(f"the vCenter ended with {self.process.returncode}: {(self.folder / 'server.log').read_text()[-2000:]}")
        if not self.ca_file.exists():
            return False
        with contextlib.suppress(OSError):
            return bool(self._order("sessions") is not None)
        return False

    def halt(self) -> None:
        """End it, its guests and their contents."""
        if self.process is not None:
            end(self.process)
            self.process = None
        for container in self.docker.docker("ps", "-aq", "--filter", f"label={LABEL}").split():
            self.docker.docker("rm", "-fv", container)
        self.docker.docker("image", "prune", "--force", "--filter", f"label={LABEL}")
        for name in ("guests", "tmp"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def restart(self) -> None:
        """A fresh inventory, no faults, an empty log; at the same address."""
        self.halt()
        self.start()

    def stop(self) -> None:
        """End all of it, the network too."""
        self.halt()
        with contextlib.suppress(subprocess.CalledProcessError):
            self.docker.docker("network", "rm", NETWORK)

    def discard_folder(self) -> None:
        """Remove its own folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- orders

    def _order(self, name: str, what: t.Any = None, method: str = "POST") -> t.Any:
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}/rig/{name}", data=json.dumps(what).encode(), method=method)
        context = ssl.create_default_context(cafile=str(self.ca_file))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        with opener.open(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else {}

    def faults(self, *rules: dict[str, t.Any]) -> None:
        """From now on these faults and no others, and an empty log; see ``rule`` in ``go/server/faults.go``."""
        self._order("rule", method="DELETE")
        for rule in rules:
            self._order("rule", rule)

    def calls(self) -> list[str]:
        """All calls since the last order of faults: SOAP methods, and ``METHOD /path action`` for the others."""
        return list(self._order("calls"))

    def expire_sessions(self) -> None:
        """As after some idle time."""
        self._order("expire")

    def sessions(self) -> dict[str, int]:
        """How many there are: ``soap``, ``rest``."""
        return dict(self._order("sessions"))

    def typed(self, vm: str) -> list[dict[str, t.Any]]:
        """The key events that a VM was sent."""
        return list((self._order("typed") or {}).get(vm, []))

    def machine(self, name: str, vm: str, **more: t.Any) -> t.Any:
        """Order something of a VM: see ``machine`` in ``go/server/orders.go``."""
        return self._order(name, {"VM": vm, **more})

    # -- the independent client

    def tell(self) -> dict[str, t.Any]:
        """What the vCenter has: see ``answer`` in ``go/client/main.go``."""
        account = f"{urllib.parse.quote(USER, safe='')}:{urllib.parse.quote(PASSWORD, safe='')}"
        env = {**os.environ, "VCHECK_URL": f"https://{account}@127.0.0.1:{self.port}/sdk"}
        done = subprocess.run([self.programs / CLIENT], capture_output=True, text=True, check=False, env=env)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def vms(self) -> dict[str, dict[str, t.Any]]:
        """The VMs and templates by their inventory paths."""
        return {vm["Path"]: vm for vm in self.tell()["VMs"] or []}

    def vm(self, name: str) -> dict[str, t.Any]:
        """The one VM or template of a name."""
        (found,) = [vm for vm in self.tell()["VMs"] if vm["Name"] == name]
        return dict(found)

    def datastore_id(self, name: str) -> str:
        """What the API calls a datastore."""
        return str(self.tell()["Datastores"][name])

    def stored(self, path: str) -> pathlib.Path:
        """The file or folder behind ``[datastore] path``, whether it is there or not."""
        name, _space, inner = path.removeprefix("[").partition("] ")
        (folder,) = (self.folder / "tmp").glob(f"govcsim-*-{name}-*")
        return folder / inner

    def everything(self) -> Kinds:
        """What there is, as names: in the inventory, on the datastores, in the libraries, in the daemon, and how many sessions."""
        told = self.tell()
        return {
            "machines": {f"{vm['ID']} {vm['Path']}{' (template)' if vm['Template'] else ''}" for vm in told["VMs"]},
            "snapshots": {f"{vm['Path']} {snapshot}" for vm in told["VMs"] for snapshot in vm["Snapshots"] or []},
            "folders": set(told["Folders"]),
            "files": {file for file in told["Files"] or [] if not file.endswith(SHARED_FOLDERS)},
            "library items": {f"{library}/{item['Name']} {item['ID']}" for library, items in told["Libraries"].items() for item in items},
            "tags": {f"{category}/{tag}" for category, tags in told["Categories"].items() for tag in tags},
            "containers": set(self.docker.docker("ps", "-aq", "--filter", f"label={LABEL}").split()),
            "sessions": {f"{kind} {number}" for kind, count in self.sessions().items() for number in range(count)},
        }

    def in_content(self, vm: str, script: str) -> str:
        """Run a shell script on what a VM or template that is off holds, and return what it wrote; nothing boots."""
        content = self._order("content", {"VM": vm})
        argv = ["run", "--rm", "--network=none", "--label", LABEL, "--entrypoint", "/bin/sh", content, "-c", script]
        return self.docker.docker(*argv)

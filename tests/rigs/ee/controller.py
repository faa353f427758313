# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX does around ansible-runner: it reads an inventory source into its database, and gives each job its slice of it."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import typing as t

Json = dict[str, t.Any]
# AWX's inventory/hosts is a program that prints what the database has.
_SCRIPT = "#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({data!r})\n"
_NUMBERS = itertools.count(1)
# Options that AWX gives Podman.
_CONTAINER = ("--user=root", "--network=host")


def sliced(listing: Json, number: int = 1, count: int = 1) -> Json:
    """The part of an inventory that slice ``number`` of ``count`` gets: every ``count``-th host by name, and all groups; hosts by name, as imported.

    :param listing: of ``ansible-inventory --list --export``.
    """
    variables = listing["_meta"]["hostvars"]
    numbers = {name: position for position, name in enumerate(sorted(variables), start=1)}
    hosts = list(numbers)[number - 1 :: count]
    own = {name: {f"remote_{kind}_{key}": value for kind in ("host", "tower") for key, value in (("enabled", "true"), ("id", numbers[name]))} for name in hosts}
    found: Json = {"_meta": {"hostvars": {name: {**variables[name], **own[name]} for name in hosts}}}
    for name, group in listing.items():
        if name == "_meta":
            continue
        part = {**group, "hosts": [host for host in hosts if host in group.get("hosts", ())]}
        found[name] = {key: value for key, value in part.items() if value}
    # Also groups that have nobody in this slice.
    found["all"]["children"] = sorted(name for name in found if name not in ("_meta", "all"))
    return {name: group for name, group in found.items() if group}


def job_variables(number: int) -> Json:
    """What AWX tells every job of itself, as extra variables."""
    told = {
        "job_id": number,
        "job_launch_type": "workflow" if number % 2 else "manual",
        "job_template_id": 7,
        "job_template_name": "Golden images: build",
        "workflow_job_id": number + 100,
        "workflow_job_name": "Golden images: release",
        "workflow_job_launch_type": "manual",
        "parent_job_schedule_id": number,
        "parent_job_schedule_name": f"schedule {number}",
        "schedule_id": number,
        "schedule_name": f"schedule {number}",
        "user_id": number,
        "user_name": f"user{number}",
        "user_email": f"user{number}@example.com",
        "user_first_name": "",
        "user_last_name": "",
        "inventory_id": 3,
        "inventory_name": "Golden images",
        "project_revision": f"{number:040x}",
        "project_scm_branch": "main",
        "job_scm_branch": f"branch{number}",
        "execution_node": f"node{number}",
        "webhook_event_type": "push",
        "webhook_event_guid": f"{number:032x}",
        "webhook_event_ref": "refs/heads/main",
        "webhook_status_api": "https://example.com/status",
        "webhook_payload": {"number": number},
    }
    return {f"{prefix}_{name}": value for prefix in ("awx", "tower") for name, value in told.items()}


@dataclasses.dataclass
class Job:
    """One job: the private folder that a controller makes for it, and ansible-runner.

    :ivar project: is copied, as a job gets its own checkout.
    :ivar environment: of ansible-runner itself.
    :ivar vault_password: of a credential of the type Vault.
    :ivar ssh_key: of a credential of the type Machine.
    :ivar image: runs the job in this execution environment.
    :ivar mounts: what is shown to the container, ``here:there:rw``.
    """

    folder: pathlib.Path
    project: pathlib.Path
    inventory: Json
    environment: dict[str, str]
    extra_vars: Json = dataclasses.field(default_factory=dict)
    variables: dict[str, str] = dataclasses.field(default_factory=dict)
    settings: Json = dataclasses.field(default_factory=dict)
    vault_password: str = ""
    ssh_key: str = ""
    image: str | None = None
    mounts: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def prepare(self) -> None:
        """Write the private folder."""
        shutil.copytree(self.project, self.folder / "project", symlinks=True)
        for name in ("env", "inventory"):
            (self.folder / name).mkdir()
        hosts = self.folder / "inventory/hosts"
        hosts.write_text(_SCRIPT.format(data=json.dumps(self.inventory)), encoding="utf-8")
        hosts.chmod(0o700)
        extra_vars = {**self.extra_vars, **job_variables(next(_NUMBERS))}
        for name, content in (("extravars", extra_vars), ("envvars", self.variables), ("settings", self.settings)):
            (self.folder / "env" / name).write_text(json.dumps(content), encoding="utf-8")
        if self.vault_password:
            (self.folder / "env/passwords").write_text(json.dumps({r"Vault password:\s*?$": self.vault_password}), encoding="utf-8")
            (self.folder / "env/cmdline").write_text("--ask-vault-pass", encoding="utf-8")
        if self.ssh_key:
            (self.folder / "env/ssh_key").write_text(self.ssh_key, encoding="utf-8")

    def command(self, playbook: str, *arguments: str) -> list[str]:
        """The call of ansible-runner."""
        runner = shutil.which("ansible-runner", path=self.environment["PATH"])
        command = [str(runner), "run", str(self.folder), "--playbook", playbook, "--ident", self.folder.name, *arguments]
        if self.image:
            command += ["--process-isolation", "--process-isolation-executable", "podman", "--container-image", self.image]
            command += [f"--container-option={option}" for option in (*_CONTAINER, *self.options)]
            command += [f"--container-volume-mount={mount}" for mount in self.mounts]
        return command

    def start(self, playbook: str = "golden.images.build_images", *arguments: str) -> subprocess.Popen[bytes]:
        """Begin it; :attr:`output` grows."""
        if not self.folder.exists():
            self.prepare()
        with open(self.folder.with_suffix(".log"), "ab") as log:
            return subprocess.Popen(self.command(playbook, *arguments), env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0)

    def run(self, playbook: str = "golden.images.build_images", *arguments: str, timeout: float = 300) -> str:
        """Run it to its end and return what it wrote, whatever that was."""
        process = self.start(playbook, *arguments)
        try:
            process.wait(timeout)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return self.output

    def run_in_pod(self, user: str, playbook: str = "golden.images.build_images", timeout: float = 300) -> str:
        """Run it as AWX does on Kubernetes: sent to a worker in a container that knows nothing of the controller and is not root, and read back.

        :param user: of the pod, ``uid:gid``.
        """
        self.prepare()
        runner = str(shutil.which("ansible-runner", path=self.environment["PATH"]))
        send = [runner, "transmit", str(self.folder), "--playbook", playbook, "--ident", self.folder.name]
        mounts = [f"--volume={mount}" for mount in self.mounts]
        worker = ["podman", "run", "--rm", "--interactive", f"--user={user}", "--network=host", *mounts, str(self.image)]
        work = [*worker, "ansible-runner", "worker", "--private-data-dir=/runner"]
        receive = [runner, "process", str(self.folder), "--ident", self.folder.name]
        command = ["bash", "-o", "pipefail", "-c", " | ".join(map(shlex.join, (send, work, receive)))]
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)
        self.folder.with_suffix(".log").write_text(done.stdout + done.stderr, encoding="utf-8")
        return self.output

    @property
    def artifacts(self) -> pathlib.Path:
        """What ansible-runner wrote."""
        return self.folder / "artifacts" / self.folder.name

    @property
    def output(self) -> str:
        """What Ansible wrote until now."""
        return self.folder.with_suffix(".log").read_text(encoding="utf-8", errors="replace")

    def status(self) -> str:
        """``successful``, ``failed``, ``canceled`` or ``timeout``, as the controller reads it."""
        return (self.artifacts / "status").read_text(encoding="utf-8")

    def events(self) -> list[Json]:
        """The events that the controller shows, in order."""
        files = [path for path in (self.artifacts / "job_events").glob("*.json") if not path.name.endswith("-partial.json")]
        found = [json.loads(path.read_text(encoding="utf-8")) for path in files]
        return sorted(found, key=lambda event: int(event["counter"]))

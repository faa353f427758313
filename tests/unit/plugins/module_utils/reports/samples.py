# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run in which everything happens, as the folders of a real one would tell it."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import Outcome, mark_phase
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import StateFolder
from ansible_collections.golden.images.plugins.module_utils._reports.history import remember
from ansible_collections.golden.images.plugins.module_utils._reports.wanted import want

RUN = "0123456789ab"
START = 1_769_860_800.0
EVIL = "<script>alert('x')</script> & \"quotes\" \x1b[31mred\x00"


def artifact(build: str, version: str, identifier: str, kinds: dict[str, int], **changes: t.Any) -> dict[str, t.Any]:
    image, _dot, builder = build.partition(".")
    folder = f"/srv/images/output/{image}/{version}/{builder}"
    files = [
        {"path": f"{folder}/{image}-{version}-{builder}.{kind}", "kind": kind, "size": size, "sha256": hashlib.sha256(kind.encode()).hexdigest()}
        for kind, size in kinds.items()
    ]
    return {
        "id": identifier, "type": builder, "build": build, "image": image, "builder": builder, "version": version,
        "fingerprint": "f" * 64,
        "location": folder,
        "created": "2026-01-31T12:05:00Z", "files": files, "source": {"id": "x", "description": "debian bookworm, bootstrapped"}, "metadata": {},
        **changes,
    }  # fmt: skip


BUILDS: dict[str, tuple[dict[str, float], Outcome]] = {
    "web.local": (
        {"plan": 0.4, "launch": 12, "configure": 95, "capture": 20, "verify": 31, "export": 14},
        Outcome(
            "web.local", "built", about={"version": "1.4.0", "type": "local"},
            next_steps=["skopeo inspect oci-archive:output/web/1.4.0/local/web-1.4.0-local.oci.tar"],
            reasons=["role website: roles/website/templates/index.html.j2 changed", "variable domain changed"],
            warnings=["Provisioner 2 (script scripts/harden.sh), attempt 1 of 2: the task 'Run the script' failed: exit status 7. Trying it again."],
            artifact=artifact("web.local", "1.4.0", "sha256:" + "9f" * 32, {"rootfs.tar": 182_000_000, "oci.tar": 74_500_000}),
            outputs=[artifact("web.local", "1.4.0", "sha256:" + "9f" * 32, {"rootfs.tar.sha256": 99})],
        ),
    ),
    "web.aws": (
        {"plan": 0.8, "launch": 48, "configure": 120, "capture": 160, "verify": 95, "export": 70},
        Outcome(
            "web.aws", "built", about={"version": "1.4.0", "type": "aws"}, reasons=["the source image changed"],
            artifact=artifact(
                "web.aws", "1.4.0", "ami-0abc12345def67890", {}, location="eu-west-1",
                metadata={"images": {"eu-west-1": "ami-0abc12345def67890", "us-east-1": "ami-0def67890abc12345"}},
            ),
        ),
    ),
    "database.vsphere": (
        {"plan": 0.6, "launch": 140, "configure": 62},
        Outcome(
            "database.vsphere", "failed", phase="configure", about={"version": "9.1.2-rc1", "type": "vsphere"}, reasons=["provisioner 3 is new"],
            text="Provisioner 3 (role postgresql): the task 'Install packages' failed: No package matching 'postgresql-19' is available\n" + EVIL,
            discarded=["vm golden-database-vsphere-0123456789ab"], left_behind=["network golden-net: the host is away"],
        ),
    ),
    "base.docker": (
        {"plan": 0.9},
        Outcome(
            "base.docker", "unchanged", text="nothing changed since it was built (2026-01-30T09:12:44Z)", about={"version": "12", "type": "docker"},
            artifact=artifact("base.docker", "12", "sha256:" + "ab" * 32, {}, location="unix:///var/run/docker.sock"),
        ),
    ),
    "cache.docker": ({"plan": 0.5, "launch": 3, "configure": 180}, Outcome("cache.docker", "interrupted")),
}  # fmt: skip


def make_run(root: pathlib.Path, report: pathlib.Path, builds: t.Mapping[str, tuple[dict[str, float], Outcome]] | None = None) -> StateFolder:
    """A state folder after such a run, and one before it."""
    state = StateFolder(root)
    for offset, (name, (phases, outcome)) in enumerate((BUILDS if builds is None else builds).items()):
        if outcome.outcome == "built" and outcome.artifact:
            earlier = [{**file, "size": int(file["size"] * 0.97)} for file in outcome.artifact["files"]]
            old = {**outcome.artifact, "id": "ami-0old" if not earlier else "sha256:" + "1d" * 32, "version": "1.3.9", "files": earlier}
            remember(state, "earlier", Outcome(name, "built", phases={phase: seconds * 0.9 for phase, seconds in phases.items()}, artifact=old))
        folder = state.run_build(RUN, name)
        at = START + offset * 7
        for phase, seconds in phases.items():
            mark_phase(folder, phase, now=at)
            at += seconds
        outcome.save(folder)
        os.utime(folder / "outcome.json", (at, at))
        for kind in ("html", "junit"):
            want(state, RUN, name, kind, report.with_suffix(f".{kind}"))
    owner = {"host": "builder1.example.org", "pid": 1, "started": "1", "boot": "b"}
    (state.run(RUN) / "run.json").write_text(json.dumps({"owner": owner, "started": "2026-01-31T12:00:00Z"}))
    return state

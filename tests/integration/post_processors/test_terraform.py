# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Terraform makes of the files for it: read with the language that is Terraform's own, by the example of the documentation."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import typing as t

import pytest

Task = dict[str, t.Any]

HERE = pathlib.Path(__file__).parent
DOCUMENTATION = HERE.parents[2] / "docs" / "post-processors.md"
GOPATH = "/usr/share/gocode"
DIGEST = f"sha256:{'a' * 64}"
MORE = """
locals {
  container   = module.golden_images.containers["web"]["amd64"]["registry.example.org/team/web"]
  template    = var.golden_images["web"]["vsphere"].templates
  file        = var.golden_images["web"]["local"].files["rootfs.tar"]
  not_a_value = module.golden_images.images["web"]["local"].version
  amis        = [for builder, made in var.golden_images["web"] : made.amis if made.architecture == "x86_64"]
}
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, require: t.Callable[..., None]) -> t.Callable[[pathlib.Path], dict[str, t.Any]]:
    """Reads the locals of a root module."""
    require("go")
    program = tmp_path_factory.mktemp("reader") / "read_terraform"
    settings = {"GO111MODULE": "off", "GOPATH": GOPATH, "GOFLAGS": "", "CGO_ENABLED": "0", "GOCACHE": str(program.with_name("cache"))}
    subprocess.run(["go", "build", "-o", program, HERE / "read_terraform.go"], env={**os.environ, **settings}, check=True, timeout=300)

    def read(folder: pathlib.Path) -> dict[str, t.Any]:
        ended = subprocess.run([program, folder], capture_output=True, text=True, timeout=30, check=False)
        assert ended.returncode == 0, ended.stderr
        return dict(json.loads(ended.stdout))

    return read


def example() -> str:
    """The HCL of the documentation."""
    [text] = re.findall(r"```hcl\n(.+?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    return str(text)


def artifacts(local: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """One per platform."""
    item = {"id": "item-1", "library": "golden", "item": "web"}
    pushed = {"docker_digests": {"registry.example.org/team/web:1.0.0": DIGEST}, "architecture": "amd64"}
    special: dict[str, dict[str, t.Any]] = {
        "aws": {"id": "ami-1", "metadata": {"images": {"eu-west-1": "ami-1", "us-east-1": "ami-2"}, "architecture": "x86_64"}},
        "docker": {"id": DIGEST, "metadata": pushed},
        "vsphere": {"id": "vm-7", "metadata": {"path": "/dc/vm/web", "name": "web", "library_item": item}},
    }
    made = {name: {**local, "files": [], "type": name, "builder": name, "build": f"web.{name}", **changes} for name, changes in special.items()}
    return {"local": {**local, "version": "${path.root}"}, **made}


def test_the_documented_example_gets_its_values(ansible_playbook, artifact_of, play, reader, tmp_path):
    folder = tmp_path / "infrastructure"
    (tmp_path / "output").mkdir()
    local = artifact_of(tmp_path / "output")
    tasks: list[Task] = [{"golden.images.terraform": {"artifact": artifact, "folder": str(folder)}} for artifact in artifacts(local).values()]
    # The last as a module.
    tasks[-1].update(delegate_to="other", vars={"ansible_connection": "local"})
    playbook = play(tmp_path / "play.yml", tasks, local)
    assert "changed=4" in ansible_playbook(playbook, "--check").ok().stdout
    assert not folder.exists()
    assert "changed=4" in ansible_playbook(playbook).ok().stdout
    assert "changed=0" in ansible_playbook(playbook).ok().stdout
    (folder / "main.tf").write_text(example() + MORE, encoding="utf-8")
    [file] = local["files"]
    assert reader(folder) == {
        "web_ami": "ami-1",
        "same_web_ami": "ami-1",
        "container": f"registry.example.org/team/web@{DIGEST}",
        "template": {"path": "/dc/vm/web", "name": "web", "moid": "vm-7", "library": "golden", "library_item": "web", "library_item_id": "item-1"},
        "file": {key: file[key] for key in ("path", "sha256", "size")},
        "not_a_value": "${path.root}",
        "amis": [{"eu-west-1": "ami-1", "us-east-1": "ami-2"}],
    }

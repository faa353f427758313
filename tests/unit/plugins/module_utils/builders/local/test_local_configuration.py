# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an image is run: inherited, changed, checked, and said in OCI's words."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.local import configuration
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError


def test_changes_replace_texts_and_join_sets_and_mappings() -> None:
    inherited = {"cmd": ["old"], "env": {"A": "1", "B": "2"}, "exposed_ports": ["80/tcp"], "user": "root"}
    merged = configuration.merge(inherited, {"env": {"B": "3"}, "exposed_ports": ["443/tcp"], "user": None, "workdir": "/srv"})
    assert merged == {"cmd": ["old"], "env": {"A": "1", "B": "3"}, "exposed_ports": ["443/tcp", "80/tcp"], "user": "root", "workdir": "/srv"}


def test_a_new_entrypoint_drops_the_inherited_command() -> None:
    assert configuration.merge({"entrypoint": ["a"], "cmd": ["b"]}, {"entrypoint": ["c"]}) == {"entrypoint": ["c"]}
    assert configuration.merge({"cmd": ["b"]}, {"entrypoint": ["c"], "cmd": ["d"]}) == {"entrypoint": ["c"], "cmd": ["d"]}


def test_what_is_written_is_read_again() -> None:
    config = {
        "entrypoint": ["/e"],
        "cmd": ["x", "y"],
        "env": {"PATH": "/bin", "EMPTY": "", "EQUALS": "a=b"},
        "labels": {"l": "v"},
        "user": "www-data",
        "workdir": "/srv",
        "exposed_ports": ["80/tcp"],
        "volumes": ["/data"],
        "stop_signal": "SIGQUIT",
        "author": "somebody",
        "architecture": "arm64",
    }
    assert configuration.from_oci(configuration.to_oci(config, diff_id="sha256:0", created="2026-01-01T00:00:00Z")) == config


def test_a_port_without_protocol_is_tcp_and_a_path_is_given() -> None:
    image = configuration.to_oci({"exposed_ports": ["80"]}, diff_id="sha256:0", created="2026-01-01T00:00:00Z")
    assert image["config"]["ExposedPorts"] == {"80/tcp": {}}
    assert image["config"]["Env"][0].startswith("PATH=")


@pytest.mark.parametrize("config", [{"exposed_ports": ["http"]}, {"exposed_ports": ["80/icmp"]}, {"volumes": ["data"]}, {"workdir": "srv"}])
def test_what_a_runtime_would_refuse_is_refused(config: dict[str, t.Any]) -> None:
    with pytest.raises(BuilderError, match=next(iter(config))):
        configuration.check(config)


def test_architectures_have_their_oci_names() -> None:
    assert [configuration.architecture_of(name) for name in ("x86_64", "aarch64", "amd64", "riscv64")] == ["amd64", "arm64", "amd64", "riscv64"]

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A daemon behind TCP that asks for certificates."""

from __future__ import annotations

import pathlib
import subprocess
import typing as t

import pytest

from tests.rigs.docker.fixtures import CACHE
from tests.rigs.docker.rig import DockerRig, free_port, import_base


def openssl(folder: pathlib.Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def certificates(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder as DOCKER_CERT_PATH names one, with the daemon's own certificate beside."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    authority = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=rig", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    openssl(folder, "req", *authority, "-keyout", "ca-key.pem", "-out", "ca.pem")
    for name, usage in (("", "clientAuth"), ("server-", "serverAuth")):
        openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=golden", "-keyout", f"{name}key.pem", "-out", f"{name}request.pem")
        (folder / "ext").write_text(f"subjectAltName=IP:127.0.0.1\nextendedKeyUsage={usage}\nauthorityKeyIdentifier=keyid\n")
        signed = ["-in", f"{name}request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2", "-extfile", "ext"]
        openssl(folder, "x509", "-req", *signed, "-out", f"{name}cert.pem")
    return folder


def test_modules_and_connection_over_tls(play: t.Any, own_docker_rig: DockerRig, certificates: pathlib.Path, tmp_path: pathlib.Path) -> None:
    own_docker_rig.stop()
    port = free_port()
    tls = ["--tlsverify", f"--tlscacert={certificates}/ca.pem", f"--tlscert={certificates}/server-cert.pem", f"--tlskey={certificates}/server-key.pem"]
    own_docker_rig.arguments = ("-H", f"tcp://127.0.0.1:{port}", *tls)
    own_docker_rig.start()
    import_base(own_docker_rig, CACHE)
    play.rig = own_docker_rig
    (tmp_path / "large").write_bytes(b"golden " * 500_000)
    env = {"DOCKER_HOST": f"tcp://127.0.0.1:{port}", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)}
    launch, connect = play.launch()
    launch["golden.images.docker_guest"]["docker_host"] = f"tcp://127.0.0.1:{port}"
    play(
        launch,
        connect,
        {"ansible.builtin.ping": {}},
        {"ansible.builtin.copy": {"src": str(tmp_path / "large"), "dest": "/large", "mode": "0644"}},
        {"ansible.builtin.fetch": {"src": "/large", "dest": str(tmp_path / "back"), "flat": True}},
        env={**env, "ANSIBLE_PIPELINING": "1"},
    ).ok()
    assert (tmp_path / "back").read_bytes() == (tmp_path / "large").read_bytes()
    refused = play(launch, env={"DOCKER_HOST": env["DOCKER_HOST"]})
    assert refused.rc != 0
    assert "cannot be reached" in refused.output or "could not" in refused.output

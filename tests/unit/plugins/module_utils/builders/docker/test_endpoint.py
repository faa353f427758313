# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which daemon the options, the environment and the contexts of the CLI mean."""

from __future__ import annotations

import hashlib
import json
import pathlib

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.docker.endpoint import DEFAULT_HOST, resolve_endpoint
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError


def write_context(home: pathlib.Path, name: str, host: str, with_tls: bool = False) -> None:
    folder = hashlib.sha256(name.encode()).hexdigest()
    meta = home / ".docker" / "contexts" / "meta" / folder
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}))
    if with_tls:
        tls = home / ".docker" / "contexts" / "tls" / folder / "docker"
        tls.mkdir(parents=True)
        (tls / "ca.pem").write_text("")


def test_default_is_the_usual_socket(tmp_path: pathlib.Path) -> None:
    assert resolve_endpoint({}, {"HOME": str(tmp_path)}).host == DEFAULT_HOST


def test_option_beats_environment_beats_context(tmp_path: pathlib.Path) -> None:
    write_context(tmp_path, "lab", "tcp://lab:2375")
    (tmp_path / ".docker" / "config.json").write_text(json.dumps({"currentContext": "lab"}))
    env = {"HOME": str(tmp_path)}
    assert resolve_endpoint({}, env).host == "tcp://lab:2375"
    assert resolve_endpoint({}, {**env, "DOCKER_HOST": "tcp://env:1"}).host == "tcp://env:1"
    assert resolve_endpoint({"docker_host": "tcp://option:1"}, {**env, "DOCKER_HOST": "tcp://env:1"}).host == "tcp://option:1"
    assert resolve_endpoint({"docker_context": "lab"}, {**env, "DOCKER_HOST": "tcp://env:1"}).host == "tcp://lab:2375"


def test_certificates_of_a_context_are_used(tmp_path: pathlib.Path) -> None:
    write_context(tmp_path, "lab", "tcp://lab:2376", with_tls=True)
    endpoint = resolve_endpoint({"docker_context": "lab"}, {"HOME": str(tmp_path)})
    assert endpoint.tls and endpoint.tls_verify
    assert endpoint.tls_ca_cert is not None and endpoint.tls_ca_cert.endswith("/docker/ca.pem")
    assert endpoint.address == ("lab", 2376)


def test_certificates_of_the_environment_are_used(tmp_path: pathlib.Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    endpoint = resolve_endpoint({}, {"DOCKER_HOST": "tcp://h", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path), "HOME": "/"})
    assert (endpoint.tls, endpoint.tls_verify, endpoint.tls_ca_cert) == (True, True, str(tmp_path / "ca.pem"))


def test_options_of_an_endpoint_lead_back_to_it_from_anywhere(tmp_path: pathlib.Path) -> None:
    endpoint = resolve_endpoint({"docker_host": "tcp://h:5", "tls": True, "api_timeout": 7}, {"HOME": str(tmp_path)})
    assert resolve_endpoint(endpoint.to_options(), {"DOCKER_HOST": "tcp://other:1", "HOME": str(tmp_path)}) == endpoint


@pytest.mark.parametrize("options", [{"docker_context": "missing"}, {"docker_host": "ssh://host"}, {"docker_host": "npipe:////./pipe/docker"}])
def test_what_cannot_be_used_is_refused(tmp_path: pathlib.Path, options: dict[str, str]) -> None:
    with pytest.raises(BuilderError):
        resolve_endpoint(options, {"HOME": str(tmp_path)})


def test_unreadable_certificates_are_named(tmp_path: pathlib.Path) -> None:
    endpoint = resolve_endpoint({"docker_host": "tcp://h", "tls_verify": True, "tls_ca_cert": str(tmp_path / "none.pem")}, {"HOME": str(tmp_path)})
    with pytest.raises(BuilderError, match="certificates"):
        endpoint.ssl_context()

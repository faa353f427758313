# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the local builder: its source, its guest, the captured image."""

from __future__ import annotations

import typing as t

Spec = dict[str, t.Any]

BACKEND = __name__.rpartition(".")[0] + ".builder"
CONNECTION = "golden.images.namespace"

#: What an OCI image says of how it is run.
CONFIG_SPEC: Spec = {
    "entrypoint": {"type": "list", "elements": "str"},
    "cmd": {"type": "list", "elements": "str"},
    "env": {"type": "dict"},
    "labels": {"type": "dict"},
    "user": {"type": "str"},
    "workdir": {"type": "str"},
    "exposed_ports": {"type": "list", "elements": "str"},
    "volumes": {"type": "list", "elements": "str"},
    "stop_signal": {"type": "str"},
    "author": {"type": "str"},
    "architecture": {"type": "str"},
}

BOOTSTRAP_SPEC: Spec = {
    "distribution": {"type": "str", "choices": ["debian", "ubuntu"], "default": "debian"},
    "suite": {"type": "str", "required": True},
    "mirror": {"type": "str"},
    "packages": {"type": "list", "elements": "str", "default": ["python3", "python3-apt"]},
    "variant": {"type": "str", "choices": ["essential", "apt", "minbase", "required", "important", "standard"], "default": "minbase"},
    "components": {"type": "list", "elements": "str", "default": ["main"]},
    "keyring": {"type": "path"},
    "architecture": {"type": "str"},
    "apt_options": {"type": "list", "elements": "str", "default": []},
    "max_age": {"type": "str", "default": "7d"},
}

_KINDS = ["bootstrap", "rootfs_archive", "oci_archive", "docker_archive", "directory"]

SOURCE_SPEC: Spec = {
    "bootstrap": {"type": "dict", "options": BOOTSTRAP_SPEC},
    "rootfs_archive": {"type": "path"},
    "oci_archive": {"type": "path"},
    "docker_archive": {"type": "path"},
    "directory": {"type": "path"},
    "checksum": {"type": "str"},
    "reference": {"type": "str"},
    "config": {"type": "dict", "options": CONFIG_SPEC},
}

SOURCE_CONSTRAINTS: Spec = {"mutually_exclusive": [_KINDS], "required_one_of": [_KINDS]}

_MOUNT_SPEC: Spec = {
    "source": {"type": "path", "required": True},
    "target": {"type": "str", "required": True},
    "read_only": {"type": "bool", "default": False},
}

_SERVICE_SPEC: Spec = {
    "command": {"type": "list", "elements": "str", "required": True},
    "environment": {"type": "dict", "default": {}},
    "port": {"type": "int"},
    "timeout": {"type": "float", "default": 30.0},
}

#: How the guest runs.
RUN_SPEC: Spec = {
    "hostname": {"type": "str", "default": "localhost"},
    "network": {"type": "str", "choices": ["host", "none"], "default": "host"},
    "mounts": {"type": "list", "elements": "dict", "options": _MOUNT_SPEC, "default": []},
    "environment": {"type": "dict", "default": {}},
    "tmpfs": {"type": "list", "elements": "str", "default": ["/run", "/tmp"]},
    "resolv_conf": {"type": "str", "default": "host"},
    "services": {"type": "list", "elements": "dict", "options": _SERVICE_SPEC, "default": []},
}

#: What is made of the guest.
CAPTURE_SPEC: Spec = {
    "config": {"type": "dict", "options": CONFIG_SPEC},
    "formats": {"type": "list", "elements": "str", "choices": ["oci", "rootfs"], "default": ["oci", "rootfs"]},
    "compression": {"type": "str", "choices": ["none", "gzip", "zstd"], "default": "none"},
    "source_date_epoch": {"type": "int"},
    "tags": {"type": "list", "elements": "str"},
}

#: Options of the builder that are neither the guest's nor the capture's.
BUILD_SPEC: Spec = {
    "verify_network": {"type": "str", "choices": ["host", "none"], "default": "none"},
    "free_space": {"type": "int"},
}

BUILDER_SPEC: Spec = {**RUN_SPEC, **CAPTURE_SPEC, **BUILD_SPEC}

CONTENT_OPTIONS = frozenset({"hostname", "network", "mounts", "environment", "tmpfs", "resolv_conf", *CAPTURE_SPEC})

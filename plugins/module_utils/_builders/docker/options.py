# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the Docker builder: one table each for the guest, its source and the captured image."""

from __future__ import annotations

import typing as t

Spec = dict[str, t.Any]

BACKEND = __name__.rpartition(".")[0] + ".builder"

SOURCE_SPEC: Spec = {
    "image": {"type": "str"},
    "image_id": {"type": "str"},
    "rootfs_archive": {"type": "path"},
    "build": {
        "type": "dict",
        "options": {
            "path": {"type": "str", "default": "Dockerfile"},
            "build_dir": {"type": "path", "default": "."},
            "arguments": {"type": "dict", "default": {}},
            "target": {"type": "str"},
            "pull": {"type": "bool", "default": False},
            "platform": {"type": "str"},
        },
    },
}

SOURCE_CONSTRAINTS: Spec = {
    "mutually_exclusive": [["image", "image_id", "rootfs_archive", "build"]],
    "required_one_of": [["image", "image_id", "rootfs_archive", "build"]],
}

#: How the guest runs.
RUN_SPEC: Spec = {
    "pull": {"type": "str", "choices": ["missing", "always", "never"], "default": "missing"},
    "platform": {"type": "str"},
    "run_command": {"type": "list", "elements": "str"},
    "user": {"type": "str"},
    "exec_user": {"type": "str"},
    "environment": {"type": "dict", "default": {}},
    "hostname": {"type": "str"},
    "init": {"type": "bool", "default": False},
    "pty": {"type": "bool", "default": False},
    "privileged": {"type": "bool", "default": False},
    "cap_add": {"type": "list", "elements": "str", "default": []},
    "cap_drop": {"type": "list", "elements": "str", "default": []},
    "security_opts": {"type": "list", "elements": "str", "default": []},
    "devices": {"type": "list", "elements": "str", "default": []},
    "tmpfs": {"type": "list", "elements": "str", "default": []},
    "volumes": {"type": "dict", "default": {}},
    "network": {"type": "str"},
    "dns": {"type": "list", "elements": "str", "default": []},
    "extra_hosts": {"type": "dict", "default": {}},
    "runtime": {"type": "str"},
    "memory": {"type": "str"},
    "cpus": {"type": "float"},
    "shm_size": {"type": "str"},
    "ulimits": {"type": "list", "elements": "str", "default": []},
}

#: What is made of the guest.
CAPTURE_SPEC: Spec = {
    "capture": {"type": "str", "choices": ["commit", "export", "discard"], "default": "commit"},
    "changes": {"type": "list", "elements": "str", "default": []},
    "author": {"type": "str"},
    "comment": {"type": "str"},
    "squash": {"type": "bool", "default": False},
    "export": {"type": "list", "elements": "str", "choices": ["rootfs.tar", "docker.tar"], "default": []},
}

PUBLISH_SPEC: Spec = {
    "repository": {"type": "str"},
    "tags": {"type": "list", "elements": "str"},
}

#: Of the builder alone.
BUILDER_SPEC: Spec = {
    "layers": {"type": "bool", "default": False},
    "verify_command": {"type": "str", "choices": ["keep_alive", "image"], "default": "keep_alive"},
    "windows_container": {"type": "bool", "default": False},
}

#: What decides the content of the image, or the names under which it is found.
CONTENT_OPTIONS = frozenset(
    {
        "platform",
        "user",
        "exec_user",
        "environment",
        "capture",
        "changes",
        "author",
        "comment",
        "squash",
        "export",
        "repository",
        "tags",
        "layers",
    }
)

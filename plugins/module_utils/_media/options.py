# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of builders whose guests are installed or seeded; documented by the fragment ``guest_media``."""

from __future__ import annotations

import typing as t

Spec = dict[str, t.Any]

CLOUD_INIT_SPEC: Spec = {
    "seed": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
    "user_data": {"type": "str"},
    "user_data_file": {"type": "path"},
    "meta_data": {"type": "dict", "default": {}},
    "network_config": {"type": "dict"},
}

CD_SPEC: Spec = {
    "label": {"type": "str", "default": "cidata"},
    "files": {"type": "list", "elements": "path", "default": []},
    "content": {"type": "dict", "default": {}},
}

FLOPPY_SPEC: Spec = {**CD_SPEC, "label": {"type": "str", "default": "floppy"}}

HTTP_SPEC: Spec = {
    "directory": {"type": "path"},
    "content": {"type": "dict", "default": {}},
    "address": {"type": "str"},
    "ports": {"type": "list", "elements": "int", "default": [8000, 9000]},
}

MEDIA_SPEC: Spec = {
    "cloud_init": {"type": "dict", "apply_defaults": True, "options": CLOUD_INIT_SPEC},
    "cd": {"type": "dict", "options": CD_SPEC},
    "floppy": {"type": "dict", "options": FLOPPY_SPEC},
    "http": {"type": "dict", "options": HTTP_SPEC, "required_one_of": [["directory", "content"]]},
    "boot_command": {"type": "list", "elements": "str", "default": []},
    "boot_wait": {"type": "float", "default": 10.0},
    "boot_key_interval": {"type": "float", "default": 0.1, "no_log": False},
}

#: What decides the content of the image.
MEDIA_CONTENT_OPTIONS = frozenset({"cloud_init", "cd", "floppy", "http", "boot_command"})

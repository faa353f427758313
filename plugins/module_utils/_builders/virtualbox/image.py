# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations ``virtualbox_image`` and ``virtualbox_image_info``."""

from __future__ import annotations

import typing as t

from ..._lifecycle.operation import Context, Operation, Params, Result
from .capture import captured
from .image_info import INFO_SPEC, run_info
from .image_options import EXPORT_SPEC, RETENTION_SPEC, STOP_SPEC
from .options import HOST_SPEC
from .prune import pruned
from .publish import absent, published

_STATES: dict[str, t.Callable[[Params, Context], Result]] = {"captured": captured, "published": published, "absent": absent, "pruned": pruned}

ARGUMENT_SPEC: dict[str, t.Any] = {
    "state": {"type": "str", "choices": list(_STATES), "default": "captured"},
    "guest": {"type": "str"},
    "directory": {"type": "path"},
    "captured_dir": {"type": "path"},
    "output_dir": {"type": "path"},
    "file_stem": {"type": "str"},
    "artifact": {"type": "dict"},
    "image": {"type": "str", "default": "image"},
    "builder": {"type": "str", "default": "virtualbox"},
    "version": {"type": "str", "default": "latest"},
    "build": {"type": "str", "default": ""},
    "fingerprint": {"type": "str", "default": ""},
    "source": {"type": "dict", "default": {}},
    "connection": {"type": "str", "choices": ["ssh", "psrp", "winrm", "none"], "default": "ssh"},
    "retention": RETENTION_SPEC,
    **STOP_SPEC,
    **EXPORT_SPEC,
    **HOST_SPEC,
}


def run(params: Params, context: Context) -> Result:
    """Entry point of ``virtualbox_image``."""
    return _STATES[params["state"]](params, context)


OPERATION = Operation(
    ARGUMENT_SPEC,
    run,
    {
        "required_if": [
            ("state", "captured", ["guest", "captured_dir", "file_stem"]),
            ("state", "published", ["artifact", "output_dir", "file_stem"]),
            ("state", "absent", ["artifact"]),
            ("state", "pruned", ["output_dir", "build", "retention"]),
        ]
    },
)
INFO_OPERATION = Operation(INFO_SPEC, run_info, {"required_one_of": [["path", "names", "build"]], "mutually_exclusive": [["path", "names"], ["path", "build"]]})

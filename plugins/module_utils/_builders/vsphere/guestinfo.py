# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud-init's seed in the extra configuration, where its VMware data source looks."""

from __future__ import annotations

import base64
import gzip
import json
import typing as t

PREFIX = "guestinfo."
USER_DATA, META_DATA = "guestinfo.userdata", "guestinfo.metadata"
#: All keys that launching may set.
KEYS = (USER_DATA, f"{USER_DATA}.encoding", META_DATA, f"{META_DATA}.encoding")
_ENCODING = "gzip+base64"


def values(seed: t.Mapping[str, str]) -> dict[str, str]:
    """Keys and values.

    :param seed: files of the seed: ``user-data``, ``meta-data`` and perhaps ``network-config``, the latter two in JSON.
    """
    meta = json.loads(seed["meta-data"])
    if seed.get("network-config"):
        meta |= {"network": _packed(seed["network-config"]), "network.encoding": _ENCODING}
    known = {USER_DATA: _packed(seed["user-data"]), META_DATA: _packed(json.dumps(meta))}
    return {**known, **{f"{key}.encoding": _ENCODING for key in known}}


def _packed(text: str) -> str:
    # Without the time of packing, so that the same seed gives the same values.
    return base64.b64encode(gzip.compress(text.encode(errors="surrogateescape"), mtime=0)).decode("ascii")

# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.golden.images.plugins.module_utils._definition.options import absolute_paths

SPEC = {
    "file": {"type": "path"},
    "name": {"type": "str"},
    "files": {"type": "list", "elements": "path"},
    "mounts": {"type": "list", "elements": "dict", "options": {"source": {"type": "path"}, "target": {"type": "str"}}},
    "build": {"type": "dict", "options": {"context": {"type": "path"}}},
    "free": {"type": "dict"},
}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"file": "a/b"}, {"file": "/definition/a/b"}),
        ({"file": "/a"}, {"file": "/a"}),
        ({"file": None}, {"file": None}),
        ({"file": "https://example.com/a"}, {"file": "https://example.com/a"}),
        ({"name": "a/b"}, {"name": "a/b"}),
        ({"files": ["a", "/b"]}, {"files": ["/definition/a", "/b"]}),
        ({"mounts": [{"source": "a", "target": "b"}]}, {"mounts": [{"source": "/definition/a", "target": "b"}]}),
        ({"build": {"context": "."}}, {"build": {"context": "/definition/."}}),
        ({"free": {"file": "a"}}, {"free": {"file": "a"}}),
    ],
)
def test_paths_are_relative_to_the_definition(given: dict[str, object], wanted: dict[str, object]) -> None:
    assert absolute_paths(given, SPEC, "/definition") == wanted

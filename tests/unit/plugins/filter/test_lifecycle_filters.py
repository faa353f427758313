# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.golden.images.plugins.filter.lifecycle import FilterModule

arguments_for = FilterModule().filters()["arguments_for"]


def test_a_module_gets_the_options_that_it_knows_and_that_are_set() -> None:
    options = {"network": "none", "hostname": None, "formats": ["oci"], "verify_network": "host"}
    assert arguments_for(options, "golden.images.local_guest") == {"network": "none"}
    assert arguments_for(options, "golden.images.local_image") == {"formats": ["oci"]}


def test_a_module_without_action_plugin_is_named() -> None:
    with pytest.raises(AnsibleFilterError, match=r"golden\.images\.nothing has no action plugin"):
        arguments_for({}, "golden.images.nothing")

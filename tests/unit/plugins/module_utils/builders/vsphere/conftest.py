# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a guest as the module gets them."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._builders.vsphere.guest import OPERATION

Json = dict[str, t.Any]

ACCOUNT = {"hostname": "vcenter.example.org", "username": "builder", "password": "hidden"}


@pytest.fixture
def guest_options() -> t.Callable[..., Json]:
    """Validated options of ``vsphere_guest``."""

    def options(**given: t.Any) -> Json:
        wanted = {"name": "web", "directory": "/nowhere", "source": {"template": "debian"}, "cluster": "C", **ACCOUNT, **given}
        checked = ArgumentSpecValidator(OPERATION.argument_spec, **OPERATION.constraints).validate(wanted)
        assert not checked.error_messages
        return dict(checked.validated_parameters)

    return options

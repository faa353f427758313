# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""host_pinned through mitogen: a guest's modules run in one Python that stays, instead of one per task."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mitogen
short_description: host_pinned, with modules run through mitogen where a guest can be entered by a command
description:
  - Every host goes through the play as fast as it can, as with P(ansible.builtin.host_pinned#strategy).
  - A guest whose connection is P(golden.images.mitogen#connection) is entered once, and every module runs in the Python that was started then.
    Other connections that mitogen knows are taken over by it, the remaining ones work as ever.
  - Needs the Python package C(mitogen) beside ansible-core.
  - The playbook M(golden.images.build_images) takes it when the variable C(golden_mitogen) is true.
version_added: 1.0.0
author: golden.images contributors (@golden-images)
"""

import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.strategy.host_pinned import StrategyModule as HostPinned

try:
    from ansible_mitogen import affinity
    from ansible_mitogen.strategy import StrategyMixin
except ImportError:
    StrategyMixin = None

_Base: t.Any = (
    HostPinned if StrategyMixin is None else type("_Base", (StrategyMixin, HostPinned), {"__doc__": "Mitogen's changes of a strategy, over host_pinned."})
)


class StrategyModule(_Base):
    """See DOCUMENTATION."""

    def __init__(self, tqm: t.Any) -> None:
        if StrategyMixin is None:
            raise AnsibleError(
                "golden_mitogen is on, but the Python package mitogen is not installed beside ansible-core. "
                "Install it (pip install mitogen), or leave golden_mitogen out."
            )
        # Mitogen would pin Ansible's workers to processors: with two of them all workers, and all that runs in local guests, would share one.
        affinity.policy = affinity.Policy()
        super().__init__(tqm)

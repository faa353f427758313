# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""host_pinned through mitogen: a guest's modules run in one Python that stays, instead of one for each task."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mitogen
short_description: host_pinned, with the modules of containers and local guests run through mitogen
description:
  - Every host goes through the play as fast as it can, as with P(ansible.builtin.host_pinned#strategy).
  - A guest with the connection P(golden.images.docker#connection) or P(golden.images.namespace#connection) is entered once,
    and every module runs in the Python that was started then. Connections that mitogen knows are taken over by it too, others work as ever.
  - Needs the Python package C(mitogen) beside ansible-core, and for containers the program C(docker).
  - Cannot be used with the option C(environment) of the builders C(docker) and C(local).
  - The playbook C(golden.images.build_images) takes it when the variable C(golden_mitogen) is true.
version_added: 1.0.0
author: golden.images contributors (@golden-images)
"""

import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.strategy.host_pinned import StrategyModule as HostPinned

from ansible_collections.golden.images.plugins.plugin_utils._mitogen import carrying, is_installed

try:
    from ansible_mitogen import affinity
    from ansible_mitogen.strategy import StrategyMixin
except ImportError:
    affinity = None

    class StrategyMixin:  # type: ignore[no-redef]
        """Stands in until the missing package is reported."""


class StrategyModule(StrategyMixin, HostPinned):
    """See DOCUMENTATION."""

    def __init__(self, tqm: t.Any) -> None:
        if not is_installed():
            raise AnsibleError(
                "golden_mitogen is true, but the Python package mitogen is not installed beside ansible-core; install it with pip, or leave golden_mitogen out."
            )
        super().__init__(tqm)

    def run(self, iterator: t.Any, play_context: t.Any, result: t.Any = 0) -> t.Any:
        """Run the play."""
        del result
        # Mitogen pins processes to processors; with two of them all of Ansible's workers, and what runs in local guests, would share one.
        affinity.policy = affinity.Policy()
        with carrying():
            return super().run(iterator, play_context)

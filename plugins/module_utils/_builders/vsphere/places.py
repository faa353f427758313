# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a machine comes to be, as deploying and importing take it."""

from __future__ import annotations

import dataclasses
import typing as t

from .sdk import Managed


@dataclasses.dataclass(frozen=True)
class Place:
    """All of it is looked up already.

    :ivar host: ``None`` where vSphere chooses.
    :ivar datastore: ``None`` where vSphere chooses.
    :ivar networks: name of a network in a package to the network it becomes, or one network for all of them.
    """

    pool: Managed
    folder: Managed
    datastore: Managed | None = None
    host: Managed | None = None
    networks: t.Mapping[str, Managed] | Managed | None = None

    def network_for(self, name: str) -> Managed | None:
        """The network that one of a package becomes; ``None`` leaves it to vSphere, which looks for one of that name."""
        if self.networks is None or not isinstance(self.networks, dict):
            return self.networks
        return self.networks.get(name)

    def network_ids(self, names: t.Sequence[str]) -> dict[str, str]:
        """The same for several, by what vCenter calls the networks."""
        found = {name: self.network_for(name) for name in names}
        return {name: network._moId for name, network in found.items() if network is not None}

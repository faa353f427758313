# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say where in vCenter something comes to be."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``PLACE_SPEC`` of the vSphere builder."""

    DOCUMENTATION = r"""
options:
  datacenter:
    description: Data centre. Needed where there are several. This and all names below may be paths of the inventory, where a name alone is not clear.
    type: str
  cluster:
    description: Cluster to run in. One of this, O(host) and O(resource_pool) is needed where there are several clusters or hosts.
    type: str
  host:
    description: Host to run on; vSphere chooses one of the cluster when not given.
    type: str
  resource_pool:
    description: Resource pool; that of the cluster or host when not given.
    type: str
  folder:
    description: Folder for virtual machines, below that of the data centre. Made where it does not exist.
    type: str
  datastore:
    description: Datastore. A clone is on that of its source when neither this nor O(datastore_cluster) is given; other sources need one of the two.
    type: str
  datastore_cluster:
    description: Datastore cluster, of which Storage DRS recommends a member.
    type: str
  network:
    description: Network or distributed port group of the first adapter; that of the source when not given. A guest that is installed needs it.
    type: str
"""

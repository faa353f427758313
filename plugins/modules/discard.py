#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: discard
short_description: Remove what earlier runs of a build left behind
version_added: 1.0.0
description:
  - Walks the journals of runs whose process is gone, in reverse order, then looks on the platform for resources of the collection whose expiry has passed.
  - Also removes an image that was captured and never published, with which a rerun of its failed build would have gone on.
  - Idempotent. In check mode it lists.
extends_documentation_fragment:
  - golden.images.attributes.controller
options:
  kept:
    description: Also what runs left on purpose (C(on_error=keep)) and whose time is not over yet.
    type: bool
    default: false
notes:
  - It is a task of the role P(golden.images.build#role) and runs for hosts that the inventory plugin P(golden.images.builds#inventory) made.
seealso:
  - plugin: golden.images.builds
    plugin_type: inventory
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Discard leftovers
  golden.images.discard:
    kept: true
"""

RETURN = r"""
discarded:
  description: What was removed, or would be in check mode.
  type: list
  elements: str
  returned: success
  sample: ["container golden-web-docker-3f2a9c81d0e7"]
"""

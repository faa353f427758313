#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AMIs of an account."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aws_image_info
short_description: Describe AMIs
version_added: 1.0.0
description:
  - Describes AMIs by id, name, filter, or the fingerprint of the build that made them; without any of these, all that were made by this collection.
author:
  - golden.images contributors (@golden-images)
attributes:
  check_mode:
    support: full
    description: Changes nothing anyway.
  diff_mode:
    support: none
    description: Shows no differences.
options:
  image_ids:
    description: Ids; those that do not exist are left out.
    type: list
    elements: str
    default: []
  names:
    description: Names, with C(*) and C(?) as patterns.
    type: list
    elements: str
    default: []
  filters:
    description: Filters of C(DescribeImages); a value may be a list of alternatives.
    type: dict
    default: {}
  owners:
    description: Accounts, V(self), V(amazon) or V(aws-marketplace).
    type: list
    elements: str
    default: [self]
  fingerprint:
    description: Fingerprint of a build.
    type: str
  state:
    description: Only those that a build captured and did not publish yet, or those that it published.
    type: str
    choices: [captured, published]
  regions:
    description: Regions to look in. When not given, O(region).
    type: list
    elements: str
    default: []
  usage:
    description: Also say what instance, launch template or launch configuration uses each.
    type: bool
    default: false
extends_documentation_fragment:
  - golden.images.aws_account
seealso:
  - module: golden.images.aws_image
"""

EXAMPLES = r"""
- name: The newest image of a build
  golden.images.aws_image_info:
    region: eu-west-1
    filters:
      tag:golden.build: web.aws_eu
    state: published
  register: web

- name: Show its id
  ansible.builtin.debug:
    msg: "{{ web.images[0].image_id }}"
"""

RETURN = r"""
images:
  description: The AMIs, in each region the newest first.
  returned: always
  type: list
  elements: dict
  contains:
    image_id:
      description: Id.
      type: str
      returned: always
    region:
      description: Region.
      type: str
      returned: always
    name:
      description: Name.
      type: str
      returned: always
    description:
      description: Description.
      type: str
      returned: always
    state:
      description: State in EC2, V(available) for instance.
      type: str
      returned: always
    created:
      description: When it was made.
      type: str
      returned: always
    owner:
      description: Account.
      type: str
      returned: always
    public:
      description: Whether everybody may launch it.
      type: bool
      returned: always
    deprecation:
      description: When it is deprecated.
      type: str
      returned: when set
    deregistration_protection:
      description: Whether it can be deregistered.
      type: str
      returned: when known
    last_launched:
      description: When it was launched last.
      type: str
      returned: when known
    tags:
      description: Tags.
      type: dict
      returned: always
    architecture:
      description: Architecture.
      type: str
      returned: when known
    boot_mode:
      description: Boot mode.
      type: str
      returned: when known
    tpm_support:
      description: Version of the NitroTPM.
      type: str
      returned: when there is one
    imds_support:
      description: V(v2.0) when instances require IMDSv2.
      type: str
      returned: when set
    ena_support:
      description: Whether instances have enhanced networking (ENA).
      type: bool
      returned: when known
    sriov_net_support:
      description: V(simple) when instances have the older enhanced networking.
      type: str
      returned: when set
    platform:
      description: What the AMI is billed as.
      type: str
      returned: when known
    root_device_name:
      description: Root device.
      type: str
      returned: when known
    virtualization_type:
      description: Virtualization.
      type: str
      returned: when known
    block_devices:
      description: Devices with snapshot, size, type and encryption.
      type: list
      elements: dict
      returned: always
    used_by:
      description: What uses it; null when nothing does.
      type: str
      returned: when O(usage=true)
"""

from ansible_collections.golden.images.plugins.module_utils._builders.aws.image_info import OPERATION
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module


def main() -> None:
    """Entry point."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: download
short_description: Bring a file or a folder of the guest to the controller
version_added: 1.0.0
description:
  - Packs it with C(tar) in the guest, so that C(become) works and a folder is one transfer. Links are followed.
  - What is on the controller already and the same is left as it is.
extends_documentation_fragment:
  - golden.images.attributes.controller_and_guest
options:
  src:
    description: File or folder in the guest.
    type: str
    required: true
  dest:
    description:
      - Where to put it on the controller.
      - A file goes into O(dest) when that is a folder or ends with a slash. The content of a folder goes into O(dest).
    type: path
    required: true
seealso:
  - module: ansible.builtin.fetch
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Keep the test reports
  golden.images.download:
    src: /var/lib/tests/reports
    dest: "{{ golden_build.output_dir }}/reports"
"""

RETURN = r"""
dest:
  description: Where it is.
  returned: success
  type: str
  sample: /home/me/images/output/web/1.0.0/local/reports
files:
  description: Files that are new or changed on the controller.
  returned: when not in check mode
  type: list
  elements: str
  sample: [/home/me/images/output/web/1.0.0/local/reports/junit.xml]
"""

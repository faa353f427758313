#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.vagrant_box``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vagrant_box
short_description: Make a Vagrant box of an artifact
version_added: 1.0.0
description:
  - Makes a box that C(vagrant box add) takes, and puts it into a catalog of boxes when that is asked for. Vagrant is not needed for it.
  - The artifact then consists of the box.
  - The same files and options give the same bytes; the time in the box is that of the artifact. A box that is there already stays.
  - The files of the given artifact are never removed.
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying anything.
    support: full
  diff_mode:
    description: Will return details on what has changed when in diff mode.
    support: partial
    details: Shows what changes in the catalog, and not in check mode, since the checksum of the box is not known then.
  action:
    description: Runs in the process of Ansible on the controller; with C(delegate_to) another machine it runs there as a module.
    support: full
options:
  artifact:
    description: The record of the artifact, as a build or a post-processor returns it.
    type: dict
    required: true
  provider:
    description:
      - Which provider of Vagrant runs the box. When not given, the one that fits the artifact.
      - V(virtualbox) takes an OVA, which is unpacked, or the files of an OVF.
      - V(libvirt) takes disks in the formats qcow2 and raw.
      - V(vmware_desktop) takes the files of a machine, with its C(vmx).
      - V(docker) and V(aws) name the image or the AMIs, and have no files.
    type: str
    choices: [virtualbox, libvirt, docker, vmware_desktop, aws]
  architecture:
    description: Of the guest, for instance V(amd64) or V(arm64). When not given, what the artifact says, or nothing.
    type: str
  vagrantfile:
    description: A file with further settings of the box, which goes as it is into its C(Vagrantfile) after those of the provider.
    type: path
  vagrantfile_content:
    description: The same as text.
    type: str
  include:
    description: Further files for the root of the box.
    type: list
    elements: path
    default: []
  metadata_format:
    description:
      - Format of the metadata of a box for libvirt. V(1) knows one disk, V(2) several and needs a newer vagrant-libvirt.
      - When not given, V(1) for one disk in the format qcow2, otherwise V(2).
    type: int
    choices: [1, 2]
  level:
    description: How hard to compress, 0 to 9. When not given it is 6.
    type: int
  output:
    description: Path of the box, relative to the build's output folder. When not given, the artifact's name and C(.box).
    type: path
  catalog:
    description: Puts the box into a catalog, from which C(vagrant box add) and C(vagrant box update) get versions. Other entries stay.
    type: dict
    suboptions:
      name:
        description: Name of the box, V(team/web).
        type: str
        required: true
      path:
        description: Path of the catalog, relative to the folder with all versions of the image. Outside of builds relative to the folder of the box.
        type: path
        default: metadata.json
      base_url:
        description: Where the folder of the box is to be found. When not given, the path of the box on this machine is the URL.
        type: str
      version:
        description: Version of the box. When not given, that of the image.
        type: str
      description:
        description: What the box is. When not given, the catalog's description stays.
        type: str
      version_description:
        description: What the version is, in Markdown.
        type: str
      default_architecture:
        description: Whether Vagrant takes this box where it does not know its own architecture.
        type: bool
        default: false
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Make a box and publish it in a catalog
  golden.images.vagrant_box:
    artifact: "{{ golden_artifact }}"
    vagrantfile_content: |
      Vagrant.configure("2") do |config|
        config.vm.synced_folder ".", "/vagrant", disabled: true
      end
    catalog:
      name: team/web
      base_url: https://boxes.example.org/web/1.4.0/virtualbox
"""

RETURN = r"""
artifact:
  description: The record of the artifact that the next post-processor of the chain gets.
  type: dict
  returned: success
path:
  description: Path of the box.
  type: str
  returned: success
  sample: /home/me/images/output/web/1.4.0/virtualbox/web-1.4.0-virtualbox.box
provider:
  description: The provider that runs it.
  type: str
  returned: success
  sample: virtualbox
catalog:
  description: Path of the catalog.
  type: str
  returned: when O(catalog) is given, and not in check mode
  sample: /home/me/images/output/web/metadata.json
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._post_processors.vagrant_box import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ``golden.images.terraform``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: terraform
short_description: Hand an artifact over to Terraform or OpenTofu
version_added: 1.0.0
description:
  - Puts the artifact into C(<name>.auto.tfvars.json), which Terraform and OpenTofu read by themselves in the folder of a root module, and into a module
    whose outputs are the same.
  - Builds and runs share the files. Each replaces its own entry, under a lock; an artifact that is older than the one in the file changes nothing.
  - Neither Terraform nor OpenTofu is needed for it.
attributes:
  diff_mode:
    support: full
extends_documentation_fragment:
  - golden.images.attributes
  - golden.images.artifact
options:
  folder:
    description:
      - Folder of the root module, in a definition relative to the folder of the definition.
      - When not given, the output folder of all images; outside of a build, that of the artifact.
    type: path
  name:
    description: Name of the variable, of the file of its values, and of the module's folder.
    type: str
    default: golden_images
  module:
    description: Whether to write the module too, as C(<folder>/<name>/outputs.tf.json).
    type: bool
    default: true
  kinds:
    description: Only files of these kinds, for instance V(qcow2). Every file when not given.
    type: list
    elements: str
  relative_paths:
    description: Whether paths of files start at O(folder), so that they are right on other machines too.
    type: bool
    default: false
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
- name: Tell Terraform
  golden.images.terraform:
    artifact: "{{ golden_artifact }}"
    folder: /srv/infrastructure/production
"""

RETURN = r"""
artifact:
  description: The record of the artifact that the next post-processor of the chain gets, which is the one given.
  type: dict
  returned: success
path:
  description: Path of the file of values.
  type: str
  returned: success
module_path:
  description: Folder of the module; empty without O(module).
  type: str
  returned: success
images:
  description: Value of the variable, with all images in it, by image and builder.
  type: dict
  returned: success
  contains:
    version:
      description: Version of the image.
      type: str
    created:
      description: When it was captured, in UTC.
      type: str
    architecture:
      description: As the platform calls it, for instance V(x86_64) for AMIs and V(amd64) for containers; V(unknown) where it is not known.
      type: str
    ids:
      description: Id of the artifact by its type; more than one where chains made artifacts of further types.
      type: dict
    amis:
      description: Id of the AMI by region.
      type: dict
    containers:
      description: Reference with digest by repository, for images that were pushed.
      type: dict
    templates:
      description: For vSphere, C(path), C(name) and C(moid) of the template or machine, C(library), C(library_item) and C(library_item_id) of the item.
      type: dict
    files:
      description: Path, size in bytes and sha256 by kind; further files of one kind are called V(vmdk-2) and so on.
      type: dict
"""

from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module
from ansible_collections.golden.images.plugins.module_utils._post_processors.terraform import OPERATION


def main() -> None:
    """Entry point of Ansible."""
    run_module(OPERATION)


if __name__ == "__main__":
    main()

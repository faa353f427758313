# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of what a guest is installed from or seeded with."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``MEDIA_SPEC``."""

    DOCUMENTATION = r"""
options:
  cloud_init:
    description: What cloud-init in the guest reads.
    type: dict
    suboptions:
      seed:
        description:
          - Whether the guest gets a seed with a key for us and its host key. V(auto) gives one to guests that are reached by C(ssh) without
            a password or private key of yours and are not installed from an ISO, and wherever one of the options beside this is given.
        type: str
        choices: [auto, always, never]
        default: auto
      user_data:
        description: User data. A key for us is added to it, and nothing of it is replaced.
        type: str
      user_data_file:
        description: File with the user data.
        type: path
      meta_data:
        description: Further entries of the meta data.
        type: dict
        default: {}
      network_config:
        description: Settings of the network, as cloud-init takes them.
        type: dict
  cd:
    description: A CD that is made for the guest.
    type: dict
    suboptions:
      label:
        description: Its label, by which installers find it.
        type: str
        default: cidata
      files:
        description: Files and folders; of a folder with a slash at its end only what is in it.
        type: list
        elements: path
        default: []
      content:
        description: Paths on the medium and the text that is there.
        type: dict
        default: {}
  floppy:
    description: A floppy that is made for the guest.
    type: dict
    suboptions:
      label:
        description: Its label.
        type: str
        default: floppy
      files:
        description: Files and folders; of a folder with a slash at its end only what is in it.
        type: list
        elements: path
        default: []
      content:
        description: Paths on the medium and the text that is there.
        type: dict
        default: {}
  http:
    description:
      - A web server for the installer, while it runs. Texts of the definition learn where it is from C(golden_http_url), C(golden_http_address) and
        C(golden_http_port).
    type: dict
    suboptions:
      directory:
        description: Folder that is served.
        type: path
      content:
        description: Paths and the text that is served there.
        type: dict
        default: {}
      address:
        description: Address of this machine where it listens; the one that the guest reaches when not given.
        type: str
      ports:
        description: The port, or the lowest and the highest of a range of which a free one is taken.
        type: list
        elements: int
        default: [8000, 9000]
  boot_command:
    description: What is typed once the guest has started; see the guide on installation media.
    type: list
    elements: str
    default: []
  boot_wait:
    description: Seconds from the start to the first key.
    type: float
    default: 10
  boot_key_interval:
    description: Seconds between two portions of keys.
    type: float
    default: 0.1
"""

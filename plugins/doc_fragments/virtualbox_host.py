# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say where VirtualBox is."""

from __future__ import annotations


class ModuleDocFragment:
    """For everything whose argument spec has ``HOST_SPEC``."""

    DOCUMENTATION = r"""
requirements:
  - VirtualBox 7.0 or newer
options:
  vboxmanage_path:
    description: The program, a path or a name to be found in C(PATH).
    type: str
    default: VBoxManage
  user_home:
    description: Folder of VirtualBox's settings (C(VBOX_USER_HOME)); this user's when not given.
    type: path
  isolated:
    description:
      - Give the guest a VirtualBox service and settings of its own, which go with it. The machines of this user do not see it, nor it them, and many builds
        at once do not wait for one service.
    type: bool
    default: false
  machine_folder:
    description:
      - Folder in which the folder of the guest's machine is made, with all its disks. In a build it is the private folder of the run, and for modules
        used alone the option C(directory), when not given.
    type: path
  command_timeout:
    description: Seconds that a call of C(VBoxManage) may take; no less than 30, since VirtualBox stalls for 10 now and then.
    type: float
    default: 60
  copy_timeout:
    description: Seconds that a call may take which copies disks, such as an import or an export.
    type: float
    default: 3600
"""

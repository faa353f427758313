# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module's face."""

from __future__ import annotations

from ansible_collections.acme.demo.plugins.module_utils.builder_folder import IMAGE
from ansible_collections.golden.images.plugins.module_utils._lifecycle.module_face import run_module

if __name__ == "__main__":
    run_module(IMAGE)

#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# ee_tools.sh: make .venvs/ee with what builds execution environments and what runs jobs in them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
exec "$here/venv.sh" .venvs/ee "3.11+ 3.13 3.12 3.11" "ansible-core>=2.19" "ansible-builder>=3.1" ansible-runner

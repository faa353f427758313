#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# pytest.sh NAME ARGUMENT...: run pytest in the environment that end.sh made; NAME names the report for summary.py.
set -euo pipefail
name=$1
shift
printf '\n== %s: ansible-core %s, Python %s\n' "$name" \
    "$(python -c 'from ansible.release import __version__ as v; print(v)')" "$(python -c 'import platform; print(platform.python_version())')"
exec python -m pytest -q --durations=5 --durations-min=5 --junit-xml="tests/output/junit/$name-$GOLDEN_TEST_END.xml" "$@"

#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# everything.sh: run the unit tests and the checks beside the integration tests, which leave processors free, then sum up. Ends like the worst of them.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/tools/lib.sh

log=tests/output/checks.txt
rm -rf tests/output/junit
mkdir -p tests/output
say "Unit tests and checks run beside the integration tests; what they find comes after these, until then it is in $log."
"${MAKE:-make}" --keep-going test-unit lint >"$log" 2>&1 &
checks=$!
trap 'kill "$checks" 2>/dev/null || true' EXIT

status=0
"${MAKE:-make}" test-integration || status=1
wait "$checks" || status=1
trap - EXIT
printf '\n'
cat "$log"
printf '\n'
python3 tests/tools/summary.py tests/output/junit || status=1
exit $status

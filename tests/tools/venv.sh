#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# venv.sh FOLDER "PYTHON VERSIONS" REQUIREMENT-OR-FILE...: make or bring up to date a virtual environment.
# A stamp of the arguments, the files' content and the place makes the next call do nothing.
set -euo pipefail
here=$(dirname "$0")
. "$here/lib.sh"

folder=$1
versions=$2
shift 2

requirements=()
files=()
for item in "$@"; do
    if [ -f "$item" ]; then
        requirements+=(-r "$item")
        files+=("$item")
    else
        requirements+=("$item")
    fi
done

stamp=$({ printf '%s\n' "$PWD/$folder" "$versions" "$@"; cat "${files[@]}" /dev/null; } | sha256sum | cut -d ' ' -f 1)
is_ready() { [ "$(cat "$folder/.ready" 2>/dev/null)" = "$stamp" ] && [ -x "$folder/bin/python" ]; }
is_ready && exit 0

# shellcheck disable=SC2086 # a list of versions
python=$("$here/find_python.sh" $versions) || die "no working Python of version $versions was found; please install one."
parent=$(dirname "$folder")
mkdir -p "$parent" 2>/dev/null || true
if [ ! -w "$parent" ] || { [ -e "$folder" ] && [ ! -w "$folder" ]; }; then
    die "$(id -un) may not write to $PWD/$folder; run make as the owner of the clone, or remove that folder."
fi

# Who comes while another makes it waits, and then has it.
exec 9>"$folder.lock"
flock 9
is_ready && exit 0

# Debian ships the standard library's venv as a package of its own.
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    "$here/programs.sh" "the virtual environment $folder" "ensurepip=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"

say "Setting up Python packages in $folder …"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly "$log" "$python" -m venv --clear "$folder" || die "Python could not make the virtual environment $folder (see above)."
quietly "$log" "$folder/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --retries 2 "${requirements[@]}" ||
    die "pip could not install the Python packages into $folder (see above); is the package index reachable?"
printf '%s\n' "$stamp" >"$folder/.ready"

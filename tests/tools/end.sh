#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# end.sh oldest|newest COMMAND...: run COMMAND in the environment of one end of the supported range.
# Where no Python is new enough for the newest ansible-core, that end is left out with a note; in CI that is a failure.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
. "$here/lib.sh"

end=$1
shift
case $end in
    oldest) versions="3.11 3.12 3.13" core="ansible-core==2.19.*" ;;
    newest) versions="3.14 3.13 3.12" core="ansible-core" ;;
    *) die "end.sh: the ends are oldest and newest, not $end." ;;
esac

# shellcheck disable=SC2086 # a list of versions
if ! "$here/find_python.sh" $versions >/dev/null; then
    note="the $end supported ansible-core needs one of the Pythons $versions, and none works here"
    [ -z "${CI:-}" ] || die "$note."
    say "NOTE: $note: not run: $1"
    exit 0
fi

folder=.venvs/$end
"$here/venv.sh" "$folder" "$versions" "$core" requirements.txt tests/unit/requirements.txt tests/integration/requirements.txt
mkdir -p .venvs/collections/ansible_collections/golden .venvs/home
ln -sfn ../../../.. .venvs/collections/ansible_collections/golden/images

# Nothing of this user's own Ansible settings takes part.
while IFS= read -r name; do unset "$name"; done < <(compgen -e ANSIBLE_ || true)
# Rigs are on loopback, whatever proxy this user has.
export no_proxy="${no_proxy:+$no_proxy,}127.0.0.1,localhost"
export NO_PROXY=$no_proxy
export GOLDEN_TEST_END=$end
export VIRTUAL_ENV=$PWD/$folder
export PATH="$VIRTUAL_ENV/bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PYTHONPATH=$PWD/.venvs/collections
export ANSIBLE_COLLECTIONS_PATH=$PWD/.venvs/collections
export ANSIBLE_HOME=$PWD/.venvs/home/.ansible
exec "$@"

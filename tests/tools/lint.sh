#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# lint.sh CHECK...: run checks on a copy of the project in a proper collection path; each tells what it found, then all are summed up.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/tests/tools
. "$here/lib.sh"

venvs=$PWD/.venvs
tree=$venvs/tree
collection=$tree/ansible_collections/golden/images
home=$venvs/home
logs=$PWD/tests/output/lint

# The private home keeps this user's package index. ansible-test drops pip's variables, so they become pip's older settings file.
keep_pip_settings() {
    local name
    mkdir -p "$home/.config" "$home/.pip"
    [ ! -d "$HOME/.config/pip" ] || ln -sfn "$HOME/.config/pip" "$home/.config/pip"
    {
        echo "[global]"
        for name in PIP_CERT PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_PROXY PIP_TRUSTED_HOST; do
            [ -z "${!name:-}" ] || sed 's/^PIP_//; s/_/-/g; s/.*/\L&/' <<<"$name" | sed "s|\$| = ${!name}|"
        done
    } >"$home/.pip/pip.conf"
}

# The tools run on the newest Python here; a machine with the oldest alone can lint too.
prepare() {
    "$here/venv.sh" .venvs/lint "3.14 3.13 3.12 3.11" tests/tools/lint-requirements.txt
    mkdir -p "$home" "$logs"
    keep_pip_settings
    "$venvs/lint/bin/python" "$here/export_tree.py" "$tree"
    while IFS= read -r name; do unset "$name"; done < <(compgen -e ANSIBLE_ || true)
    export HOME=$home LC_ALL=C.UTF-8 NO_COLOR=1 PY_COLORS=0
    export PYENV_ROOT=${PYENV_ROOT:-$user_home/.pyenv}
    export ANSIBLE_HOME=$home/.ansible ANSIBLE_COLLECTIONS_PATH=$tree
    export RUFF_CACHE_DIR=$venvs/cache/ruff MYPY_CACHE_DIR=$venvs/cache/mypy
    export PATH="$venvs/lint/bin:$PATH"
    cd "$collection"
}

build() {
    rm -rf "$venvs/dist"
    ansible-galaxy collection build --output-path "$venvs/dist" .
}

galaxy() {
    build
    # It ends well whatever it logs, so its log is read.
    (cd "$logs" && GALAXY_IMPORTER_CONFIG=$here/galaxy-importer.cfg python -m galaxy_importer.main "$venvs"/dist/*.tar.gz) 2>&1 | tee "$logs/galaxy-importer.txt"
    ! grep -E '^(WARNING|ERROR|CRITICAL)' "$logs/galaxy-importer.txt"
}

# ansible-test finds further Pythons for its compile and import tests on PATH, where the shims of pyenv would mislead it.
pythons_path() {
    local version python found=""
    for version in 3.9 3.10 3.11 3.12 3.13 3.14; do
        python=$("$here/find_python.sh" "$version") || continue
        found+="$(dirname "$("$python" -c 'import os, sys; print(os.path.realpath(sys.executable))')"):"
    done
    printf '%s' "$found"
}

sanity() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    "$here/end.sh" "$1" bash -c '
        set -euo pipefail
        export HOME=$0 PYTHONPATH= PATH="$VIRTUAL_ENV/bin:$3$PATH"
        python "$1/get_pip_stand_in.py" "$HOME"
        cd "$2"
        exec ansible-test sanity --color no' "$home" "$here" "$collection" "$(pythons_path)"
}

# ansible-test and galaxy-importer tell pages about what went well.
findings() {
    case $1 in
        galaxy) grep -v -E '^(Loading|Created|Finding|Getting|Importing) ' "$2" ;;
        sanity-*) sed -n '/^ERROR:/p; /^FATAL:/,$p' "$2" | grep . || cat "$2" ;;
        *) cat "$2" ;;
    esac | sed -E 's,^[./]*/tmp/antsibull-docs-[^/]*/ansible_collections/golden/images/,,; s/^/    /'
}

check() {
    case $1 in
        action-groups) python "$here/action_groups.py" --check ;;
        ansible) ANSIBLE_INVENTORY=/dev/null ansible-lint -q --offline --nocolor --profile production ;;
        changelog) antsibull-changelog lint ;;
        docs) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all . ;;
        format) ruff format --check --quiet --diff . ;;
        galaxy) galaxy ;;
        mypy) cd "$tree" && MYPYPATH=$tree mypy --config-file "$collection/pyproject.toml" ansible_collections/golden/images/plugins ;;
        reuse) reuse lint --quiet || reuse lint --lines ;;
        ruff) ruff check --quiet --output-format concise . ;;
        sanity-oldest) sanity oldest ;;
        sanity-newest) sanity newest ;;
        shell) git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck -x -P SCRIPTDIR ;;
        yaml) yamllint --strict . ;;
        *) die "unknown check $1; there are: ${all[*]}" ;;
    esac
}

all=(ruff format mypy yaml reuse shell action-groups changelog docs ansible galaxy sanity-oldest sanity-newest)
user_home=$HOME
[ $# -gt 0 ] || set -- "${all[@]}"
prepare

failed=()
for name in "$@"; do
    started=$SECONDS
    log=$logs/$name.txt
    # Inside a condition, bash would ignore -e.
    set +e
    (set -e; check "$name") </dev/null >"$log" 2>&1
    status=$?
    set -e
    if [ $status -eq 0 ]; then
        printf 'lint-%-14s ok      %3d s\n' "$name" $((SECONDS - started))
        sed -n 's/^NOTE:/    NOTE:/p' "$log"
    else
        failed+=("$name")
        printf 'lint-%-14s FAILED  %3d s\n' "$name" $((SECONDS - started))
        findings "$name" "$log"
    fi
done

if [ ${#failed[@]} -gt 0 ]; then
    printf '==== lint: %d of %d checks failed: %s ====\n' ${#failed[@]} $# "${failed[*]}"
    exit 1
fi
printf '==== lint: %d checks passed ====\n' $#

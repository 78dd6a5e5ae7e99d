# shellcheck shell=sh
# Sourced by the other scripts: finds a Python, and keeps a virtual environment with novaplan in it.
#
#   prepare_environment [EXTRA...]   makes the environment if it is missing, and installs novaplan (editable) with the
#                                    extras if pyproject.toml changed since; afterwards "$environment/bin" has it all
#
# NOVAPLAN_VENV    where the environment is (default: .venv in this folder)
# NOVAPLAN_PYTHON  the Python to make it with (default: the first one found that is new enough)
#
# Nothing here writes to standard output: that belongs to the command that is run in the end.

root=$(cd "$(dirname "$0")/.." && pwd)
environment=${NOVAPLAN_VENV:-$root/.venv}
case $environment in
    /*) ;;
    *) environment=$PWD/$environment ;;
esac
export NOVAPLAN_VENV="$environment"  # the same one for the scripts that a script calls
stamp=$environment/novaplan-installed

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "novaplan: $*"
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

can_make_environments() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

# Prints the Python to use: one that can make environments as it is, else one that is new enough.
find_python() {
    if [ -n "${NOVAPLAN_PYTHON:-}" ]; then
        is_new_enough "$NOVAPLAN_PYTHON" || fail "NOVAPLAN_PYTHON=$NOVAPLAN_PYTHON is no Python 3.11 or newer."
        printf '%s\n' "$NOVAPLAN_PYTHON"
        return
    fi
    second_choice=
    for candidate in python3 python3.11 python3.12 python3.13 python3.14 python; do
        is_new_enough "$candidate" || continue
        if can_make_environments "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
        second_choice=${second_choice:-$candidate}
    done
    [ -n "$second_choice" ] || fail "no Python 3.11 or newer found. Install one, or name it: NOVAPLAN_PYTHON=/path/to/python3."
    printf '%s\n' "$second_choice"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        return 1
    fi
}

# Debian and Ubuntu keep the part of Python that makes environments in a package of its own.
install_venv_package() {
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    command -v apt-get >/dev/null 2>&1 ||
        fail "$1 cannot make virtual environments (its module ensurepip is missing). Install that part of Python and try again."
    say "novaplan: $1 cannot make virtual environments yet; installing Debian's package $package with apt-get."
    {
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package"
    } >&2 </dev/null || fail "could not install $package. As root: apt-get update && apt-get install $package"
    can_make_environments "$1" || fail "$1 still cannot make virtual environments after installing $package; name another with NOVAPLAN_PYTHON."
}

make_environment() {
    if [ -e "$environment" ] && [ ! -e "$environment/pyvenv.cfg" ]; then
        rmdir "$environment" 2>/dev/null || fail "$environment is there already and is no virtual environment."
    fi
    python=$(find_python)
    can_make_environments "$python" || install_venv_package "$python"
    say "novaplan: making a virtual environment in $environment"
    "$python" -m venv --clear "$environment" >&2
}

# What the environment was made from: it holds absolute paths, so a moved checkout needs a new one.
origin() {
    printf '%s %s' "$root" "$environment"
}

fingerprint() {
    cksum <"$root/pyproject.toml"
}

# The stamp: line 1 origin, line 2 fingerprint, then one extra a line.
is_installed() {
    [ -x "$environment/bin/python" ] && [ -f "$stamp" ] || return 1
    [ "$(sed -n 1p "$stamp")" = "$(origin)" ] || return 1
    [ "$(sed -n 2p "$stamp")" = "$(fingerprint)" ] || return 1
    for extra in "$@"; do
        sed 1,2d "$stamp" | grep -qx "$extra" || return 1
    done
}

prepare_environment() {
    if is_installed "$@"; then
        return
    fi
    if [ ! -x "$environment/bin/python" ]; then
        make_environment
    elif [ -f "$stamp" ] && [ "$(sed -n 1p "$stamp")" != "$(origin)" ]; then
        make_environment
    elif ! "$environment/bin/python" -m pip --version >/dev/null 2>&1; then
        # Somebody was interrupted here, or it was made by a tool that leaves pip out.
        "$environment/bin/python" -m ensurepip >&2 || fail "$environment has no pip; remove that folder and try again."
    fi
    extras=$(printf '%s,' "$@")
    extras=${extras%,}
    say "novaplan: installing novaplan${extras:+[$extras]} in $environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$root${extras:+[$extras]}" >&2 </dev/null ||
        fail "the installation did not work; pip says why above."
    # An editable installation is not compiled by pip, and where PYTHONDONTWRITEBYTECODE is set it never would be: every
    # start would then compile novaplan again, a third of the time it takes.
    "$environment/bin/python" -m compileall -q "$root/novaplan" >&2 || true
    {
        origin && printf '\n'
        fingerprint
        printf '%s\n' "$@"
        # What an earlier installation of the same pyproject.toml brought is still there.
        if [ -f "$stamp" ] && [ "$(sed -n 2p "$stamp")" = "$(fingerprint)" ]; then
            sed 1,2d "$stamp"
        fi
    } >"$stamp.new"
    mv "$stamp.new" "$stamp"
}

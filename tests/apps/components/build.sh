#!/bin/sh
# Builds the test components: tests/apps/components/build.sh OUT [CACHE]. Installs its npm packages once per lockfile
# (about 400 MB, into CACHE), and only where a component is not in CACHE already.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: $0 OUT [CACHE]" >&2; exit 2; }
mkdir -p "$1" "${2:-$here/../../../artifacts/components}"
out=$(cd "$1" && pwd)
cache=$(cd "${2:-$here/../../../artifacts/components}" && pwd)
command -v npm >/dev/null || { echo "error: npm is not here; apt-get install npm" >&2; exit 1; }

lock=$(sha256sum <"$here/package-lock.json" | cut -c1-16)
installed="$cache/npm-$lock"
if [ ! -f "$installed/.complete" ]; then
    rm -rf "$installed"
    mkdir -p "$installed"
    cp "$here/package.json" "$here/package-lock.json" "$installed/"
    # Not `npm ci`: it refuses a lockfile whose optional packages (other systems' binaries) a mirror does not have.
    (cd "$installed" && npm install --no-save --no-audit --no-fund --loglevel=error)
    touch "$installed/.complete"
fi
# node looks for packages beside the script.
cp "$here/build.mjs" "$installed/build.mjs"
exec node "$installed/build.mjs" "$here" "$out" "$cache"

#!/bin/sh
# Builds the demo apps: examples/build.sh OUT [NAME…] makes OUT/<app id>/, a package folder for each (not signed).
# Only what changed is built again. Needs Debian's clang, lld, wasi-libc and libclang-rt-dev-wasm32.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: $0 OUT [NAME…]" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift

clang=${CLANG:-clang}
command -v "$clang" >/dev/null || { echo "error: $clang is not here; apt-get install clang lld wasi-libc libclang-rt-dev-wasm32" >&2; exit 1; }

# Function names stay in the module: a trap's backtrace is made of them. The stack comes first in memory, so that an
# overflow traps instead of growing into the data.
build() {
    "$clang" --target=wasm32-wasi -std=gnu11 -O2 -Wall -Wextra -Werror \
        -Wl,--stack-first -Wl,-z,stack-size=131072 -Wl,--strip-debug -o "$2" "$1"
}

for manifest in "$here"/*/wapp.toml; do
    source=$(dirname "$manifest")
    name=$(basename "$source")
    if [ $# -gt 0 ]; then
        case " $* " in *" $name "*) ;; *) continue ;; esac
    fi
    id=$(sed -n 's/^id *= *"\(.*\)".*/\1/p' "$manifest" | head -n 1)
    package="$out/$id"
    stamp="$out/.$id.stamp"
    # What it was built from, by content: times lie after a checkout.
    now=$( (cd "$here" && find "$name" weft.h page.css build.sh -type f -print | LC_ALL=C sort | xargs sha256sum; "$clang" --version | head -n 1) | sha256sum)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && [ -f "$package/app.wasm" ]; then
        continue
    fi

    # Made beside and moved into place, so that nobody ever sees half a package.
    staging=$(mktemp -d "$out/.build.XXXXXX")
    trap 'rm -rf "$staging"' EXIT
    build "$source/main.c" "$staging/app.wasm"
    (cd "$source" && find . -type f ! -name '*.c' -print) | while read -r file; do
        mkdir -p "$staging/$(dirname "$file")"
        cp "$source/$file" "$staging/$file"
    done
    [ ! -d "$staging/ui" ] || cp "$here/page.css" "$staging/ui/"
    chmod 755 "$staging"
    chmod 644 "$staging/app.wasm"
    rm -rf "$package" "$stamp"
    mv "$staging" "$package"
    trap - EXIT
    printf '%s' "$now" >"$stamp"
    echo "built $id"
done

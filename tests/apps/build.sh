#!/bin/sh
# Builds the guest programs of the tests: tests/apps/build.sh OUT [NAME…] makes a package folder OUT/org.weft.test.<name>
# of each NAME.c (underscores left out of the id). Lines that begin with //! are what its manifest has besides
# id, name and version. Only what changed is built again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
examples=$(cd "$here/../../examples" && pwd)
[ $# -ge 1 ] || { echo "usage: $0 OUT [NAME…]" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift

clang=${CLANG:-clang}
command -v "$clang" >/dev/null || { echo "error: $clang is not here; apt-get install clang lld wasi-libc libclang-rt-dev-wasm32" >&2; exit 1; }
shared=$( (sha256sum <"$examples/weft.h"; sha256sum <"$here/calls.h"; sha256sum <"$0"; "$clang" --version | head -n 1) | sha256sum)

for source in "$here"/*.c; do
    name=$(basename "$source" .c)
    if [ $# -gt 0 ]; then
        case " $* " in *" $name "*) ;; *) continue ;; esac
    fi
    id="org.weft.test.$(printf %s "$name" | tr -d _)"
    package="$out/$id"
    stamp="$out/.$id.stamp"
    now="$shared $(sha256sum <"$source")"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && [ -f "$package/app.wasm" ]; then
        continue
    fi

    staging=$(mktemp -d "$out/.build.XXXXXX")
    trap 'rm -rf "$staging"' EXIT
    {
        printf '[package]\nid = "%s"\nname = "%s"\nversion = "1.0.0"\n' "$id" "$name"
        sed -n 's|^//! \{0,1\}||p' "$source"
    } >"$staging/wapp.toml"
    # The stack comes first in memory, so that an overflow traps instead of growing into the data. -Wno-infinite-recursion
    # and the like: misbehaving is what these are for.
    "$clang" --target=wasm32-wasi -std=gnu11 -O2 -Wall -Wextra -Werror -Wno-infinite-recursion -Wno-unused-result -Wno-unused-function \
        -I "$examples" -Wl,--stack-first -Wl,-z,stack-size=131072 -Wl,--strip-debug -o "$staging/app.wasm" "$source"
    chmod 755 "$staging"
    chmod 644 "$staging/app.wasm"
    rm -rf "$package" "$stamp"
    mv "$staging" "$package"
    trap - EXIT
    printf '%s' "$now" >"$stamp"
done

#!/bin/sh
# Builds the Rust client from Debian's packaged sources, offline: tests/clients/rust/build.sh OUT. Prints the program's path.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# = 1 ] || { echo "usage: $0 OUT" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
registry=/usr/share/cargo/registry
[ -d "$registry" ] || { echo "error: $registry is not here; apt-get install cargo librust-rmp-serde-dev" >&2; exit 1; }
# Debian's own cargo first: it fits these sources. The work folder is not the project's, so that nothing is written there.
cargo=/usr/bin/cargo
[ -x "$cargo" ] || cargo=cargo
export PATH="/usr/bin:$PATH" CARGO_HOME="$out/home" CARGO_TARGET_DIR="$out/target"
mkdir -p "$CARGO_HOME" "$out/source/src"
cmp -s "$here/Cargo.toml" "$out/source/Cargo.toml" || cp "$here/Cargo.toml" "$out/source/"
cmp -s "$here/src/main.rs" "$out/source/src/main.rs" || cp "$here/src/main.rs" "$out/source/src/"
cat >"$CARGO_HOME/config.toml" <<END
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "$registry"
END
cd "$out/source"
"$cargo" build --release --offline --quiet
echo "$CARGO_TARGET_DIR/release/weft-rust-client"

#!/usr/bin/env bash
# Prepares what is missing, then becomes waiaas-localnet. Standard output carries only its JSON line.
#
#   start.sh [arguments of waiaas-localnet]     prepare and start
#   start.sh --build-only                       prepare only
#   start.sh --parts                            prepare only the EVM node and the contracts, and name them in one line
#                                               of JSON: {"anvil":"/..","modules":"/.."}
#   start.sh --list-missing                     name what a start would prepare: npm, binary; prepare nothing
#
# What is built and installed lives in the cache folder, $WAIAAS_LOCALNET_CACHE or ~/.cache/waiaas-localnet, named
# after a checksum of what it was made from. What is there is complete, so a prepared start touches no tool at all.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${WAIAAS_LOCALNET_CACHE:-$HOME/.cache/waiaas-localnet}

say() {
    echo "localnet: $*" >&2
}

# Checksum of the given files and of everything in the given folders, by content and relative name.
checksum() {
    (cd "$here" && find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) | sha256sum | cut -c1-16
}

binary=$cache/bin/waiaas-localnet-$(checksum Cargo.toml Cargo.lock src)
parts=$cache/npm-$(checksum npm)

case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) platform=linux-amd64 ;;
    Linux-aarch64) platform=linux-arm64 ;;
    *) say "no anvil for $(uname -sm)"; exit 1 ;;
esac
# The native binary, not the JavaScript launcher: the process that we start must be the one that we stop.
anvil=$parts/node_modules/@foundry-rs/anvil-$platform/bin/anvil
modules=$parts/node_modules

# The Solana runtime takes minutes to build. A caller of the EVM node alone does not wait for it.
evm_only() {
    [[ ${1:-} == --parts ]]
}

ready() {
    [[ -x $anvil ]] && { evm_only "$@" || [[ -x $binary ]]; }
}

install_parts() {
    say "installing anvil and contracts into $parts"
    local fresh=$parts.part
    rm -rf "$fresh" "$parts"
    mkdir -p "$fresh"
    cp -r "$here"/npm/. "$fresh"
    # `install`, not `ci`: the lock file names the platforms it was made on, npm may have to add another one.
    npm install --ignore-scripts --no-audit --no-fund --prefix "$fresh" ||
        { say "npm did not install anvil and the contracts; the first start needs the npm registry"; exit 1; }
    node "$fresh/compile.cjs"
    mv "$fresh" "$parts"
}

build_binary() {
    say "building; the first time takes about ten minutes and 2 GB"
    # The caller's flags (coverage, sanitizers, another target) are meant for the product and would rebuild it all.
    (
        cd "$here"
        unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER
        CARGO_TARGET_DIR=$cache/target cargo build --locked
    ) || { say "the build failed; the first one needs the crates registry and 2 GB in $cache"; exit 1; }
    mkdir -p "$cache/bin"
    # Other checkouts may share the cache, so the others stay until nobody can be using them.
    find "$cache/bin" -type f -mtime +7 -delete
    cp "$cache/target/debug/waiaas-localnet" "$binary.part"
    mv "$binary.part" "$binary"
}

prepare() {
    [[ -x $anvil ]] || install_parts
    evm_only "$@" || [[ -x $binary ]] || build_binary
}

if [[ ${1:-} == --list-missing ]]; then
    [[ -x $anvil ]] || echo npm
    [[ -x $binary ]] || echo binary
    exit 0
fi

if ! ready "$@"; then
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    flock --nonblock 9 || { say "waiting for another start to prepare"; flock 9; }
    # Standard input belongs to the localnet; and no tool may keep the lock by staying behind.
    prepare "$@" </dev/null >&2 9>&-
    exec 9>&-
fi

case ${1:-} in
    --build-only) exit 0 ;;
    --parts) printf '{"anvil":"%s","modules":"%s"}\n' "$anvil" "$modules"; exit 0 ;;
esac
exec "$binary" --anvil "$anvil" --modules "$modules" "$@"

#!/usr/bin/env bash
# Checks openapi.json from outside: two independent validators, and a typed client in two languages.
#
#   check.sh              check openapi.json of this repository
#   check.sh FILE         check another document
#
# Needs Node.js 20.19 or newer with npm, Python 3.11 or newer with venv, and network access the first time. All that is
# installed and generated lives in $WAIAAS_OPENAPI_DIR, by default target/openapi.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
document=$(realpath "${1:-$root/openapi.json}")
work=${WAIAAS_OPENAPI_DIR:-$root/target/openapi}
failed=()

say() {
    printf '\n== %s\n' "$*"
}

# Runs a step; a failure is remembered, so that one run shows every finding.
step() {
    local name=$1
    shift
    say "$name"
    "$@" || failed+=("$name")
}

checksum() {
    sha256sum < "$1" | cut -c1-16
}

# Installs the exact versions of the lock files, unless they are installed. A folder that is there is complete.
install() {
    local node_parts python_parts
    node_parts=$work/node-$(checksum "$here/package-lock.json")
    python_parts=$work/python-$(checksum "$here/requirements.txt")
    if [[ ! -d $node_parts ]]; then
        say "installing the npm packages of scripts/openapi/package-lock.json"
        rm -rf "$work"/node-*
        mkdir -p "$node_parts.part"
        cp "$here/package.json" "$here/package-lock.json" "$node_parts.part"
        npm ci --ignore-scripts --no-audit --no-fund --prefix "$node_parts.part"
        mv "$node_parts.part" "$node_parts"
    fi
    if [[ ! -d $python_parts ]]; then
        say "installing the Python packages of scripts/openapi/requirements.txt"
        rm -rf "$work"/python-*
        # Scripts of a virtual environment hold its path, so it is not built elsewhere and moved.
        trap 'rm -rf "$python_parts"' EXIT
        python3 -m venv "$python_parts"
        "$python_parts/bin/pip" install --quiet --require-hashes --requirement "$here/requirements.txt"
        trap - EXIT
    fi
    modules=$node_parts/node_modules
    python=$python_parts/bin
}

typescript_client() {
    local client=$work/typescript
    rm -rf "$client"
    mkdir -p "$client"
    ln -s "$modules" "$client/node_modules"
    cp "$here/package.json" "$here/tsconfig.json" "$here/consumer.ts" "$client"
    "$modules/.bin/openapi-typescript" "$document" --output "$client/schema.d.ts" &&
        "$modules/.bin/tsc" --project "$client"
}

python_client() {
    local client=$work/client output
    rm -rf "$client"
    mkdir -p "$client"
    # The generator warns, and goes on, where it cannot express a schema; that fails the check.
    "$python/openapi-python-client" generate --path "$document" --config "$here/generator.yaml" --meta none \
        --output-path "$client/waiaas_client" --fail-on-warning || return
    cp "$here/consumer.py" "$client"
    output=$(cd "$client" && "$python/mypy" --config-file "$here/mypy.ini" --no-incremental \
        waiaas_client consumer.py 2>&1) || { echo "$output"; return 1; }
    echo "$output"
    # An exception that is no longer needed is an error. mypy reports it only without its cache.
    [[ $output != *"unused section"* ]]
}

mkdir -p "$work"
install
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

step "redocly lint" "$modules/.bin/redocly" lint "$document" --config "$here/redocly.yaml" --format stylish
step "openapi-spec-validator" "$python/openapi-spec-validator" --validation-errors all "$document"
step "openapi-typescript, tsc --strict" typescript_client
step "openapi-python-client, mypy --strict" python_client

if ((${#failed[@]})); then
    printf '\nfailed:%s\n' "$(printf ' %s;' "${failed[@]}")" >&2
    exit 1
fi
say "every check passed"

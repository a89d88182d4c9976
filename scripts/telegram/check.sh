#!/usr/bin/env bash
# Runs bots made with three real client libraries, unchanged, against the double of the Telegram Bot API that the
# end-to-end tests use. Needs npm and python3 with venv.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=target/telegram
mkdir -p "$work"

cargo build --locked --quiet --package e2e --bin telegram_judge
judge=target/debug/telegram_judge

if [[ ! -x $work/venv/bin/python ]]; then
    python3 -m venv "$work/venv"
fi
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --requirement scripts/telegram/requirements.txt
cp scripts/telegram/package.json scripts/telegram/package-lock.json "$work/"
npm ci --ignore-scripts --no-audit --no-fund --silent --prefix "$work"
cp scripts/telegram/grammy_bot.mjs "$work/"

for bot in "$work/venv/bin/python scripts/telegram/ptb_bot.py" \
    "$work/venv/bin/python scripts/telegram/aiogram_bot.py" \
    "node $work/grammy_bot.mjs"; do
    echo "== $bot"
    # shellcheck disable=SC2086 # the words of a command
    "$judge" $bot
done
echo "== every client works"

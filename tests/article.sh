#!/usr/bin/env bash
# The HTTP calls of the article "API Key Security for AI Agents", as a reader would paste them.
#
#   article.sh CALL BASE_URL < VALUES
#
# CALL names one of the calls below. Standard input holds one line PLACEHOLDER=VALUE for each
# placeholder of the call, such as `<wallet-uuid>=0190…`. Only placeholders and the address in front of
# the path are replaced; every other byte of the call is the article's. The answer's body goes to
# standard output, followed by a line with its status.
set -euo pipefail

session() {
    cat <<'ARTICLE'
curl -X POST http://127.0.0.1:3100/v1/sessions \
  -H "Content-Type: application/json" \
  -H "X-Master-Password: my-secret-password" \
  -d '{"walletId": "<wallet-uuid>"}'
ARTICLE
}

spending_limit() {
    cat <<'ARTICLE'
curl -X POST http://127.0.0.1:3100/v1/policies \
  -H "Content-Type: application/json" \
  -H "X-Master-Password: my-secret-password" \
  -d '{
    "walletId": "<wallet-uuid>",
    "type": "SPENDING_LIMIT",
    "rules": {
      "instant_max_usd": 10,
      "notify_max_usd": 100,
      "delay_max_usd": 1000,
      "delay_seconds": 900,
      "daily_limit_usd": 5000
    }
  }'
ARTICLE
}

allowed_tokens() {
    cat <<'ARTICLE'
curl -X POST http://127.0.0.1:3100/v1/policies \
  -H "Content-Type: application/json" \
  -H "X-Master-Password: my-secret-password" \
  -d '{
    "walletId": "<wallet-uuid>",
    "type": "ALLOWED_TOKENS",
    "rules": {
      "tokens": [
        {"address": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "symbol": "USDC", "chain": "solana"}
      ]
    }
  }'
ARTICLE
}

send() {
    cat <<'ARTICLE'
curl -X POST http://127.0.0.1:3100/v1/transactions/send \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer wai_sess_<token>" \
  -d '{
    "type": "TRANSFER",
    "to": "recipient-address",
    "amount": "5.0"
  }'
ARTICLE
}

balance() {
    cat <<'ARTICLE'
curl http://127.0.0.1:3100/v1/wallet/balance \
  -H "Authorization: Bearer wai_sess_<token>"
ARTICLE
}

approve() {
    cat <<'ARTICLE'
curl -X POST http://127.0.0.1:3100/v1/transactions/<tx-id>/approve \
  -H "X-Owner-Signature: <ed25519-signature>" \
  -H "X-Owner-Message: <signed-message>"
ARTICLE
}

dry_run() {
    cat <<'ARTICLE'
curl -X POST http://127.0.0.1:3100/v1/transactions/send \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer wai_sess_<token>" \
  -d '{
    "type": "TRANSFER",
    "to": "recipient-address",
    "amount": "0.1",
    "dryRun": true
  }'
ARTICLE
}

case ${1:-} in
    session | spending_limit | allowed_tokens | send | balance | approve | dry_run) call=$("$1") ;;
    *) echo "usage: $0 CALL BASE_URL < VALUES" >&2; exit 2 ;;
esac
call=${call//http:\/\/127.0.0.1:3100/"$2"}
while IFS= read -r line; do
    # A placeholder holds no equals sign; a value may.
    placeholder=${line%%=*}
    call=${call//"$placeholder"/"${line#*=}"}
done
if [[ $call =~ \<[a-z0-9-]+\>|recipient-address ]]; then
    echo "no value for ${BASH_REMATCH[0]}" >&2
    exit 2
fi
eval "$call --silent --show-error --write-out '\n%{http_code}'"

//! The engine's remedies in HTTP terms: requests, headers and fields.

use waiaas_engine::Remedy;

/// The sentence of a remedy.
pub(crate) fn worded(remedy: Remedy) -> String {
    let text = match remedy {
        Remedy::Text(text) => return text,
        Remedy::ChangePolicy(id) => {
            return format!(
                "Change that one with PUT /v1/policies/{id} (new rules replace all existing ones), or choose another wallet \
                 or network."
            );
        }
        Remedy::ListWallets => "List the session's wallets with GET /v1/wallets.",
        Remedy::NameWallet => "Set \"walletId\". List the session's wallets with GET /v1/wallets.",
        Remedy::NameWalletsOfSession => "Set \"walletId\" or \"walletIds\".",
        Remedy::NameNetwork => "Set \"network\" to one of the wallet's networks.",
        Remedy::NameNetworkOfSession => {
            "Set \"network\" to a network of one of the session's wallets (GET /v1/wallets)."
        }
        Remedy::LinkWallet => "Link it first with POST /v1/sessions/{id}/wallets.",
        Remedy::SignAsOwner => {
            "Have the current owner sign details.challenge.message and send it in the X-Owner headers."
        }
        Remedy::NameSigner => "Leave X-Owner-Address out, or send the owner's address in it.",
        Remedy::SetOwner => "Set one with PUT /v1/wallets/{id}/owner.",
        Remedy::WithdrawChange => "Withdraw one (DELETE /v1/changes/{id}), or have the owners answer it.",
        Remedy::ListWebhooks => "List the webhooks with GET /v1/webhooks.",
        Remedy::ListDeliveries => {
            "List the kept deliveries with GET /v1/webhooks/{id}/logs: the last 1000 of a webhook, for 30 days."
        }
        Remedy::RegisterChat => {
            "Send /start to the bot from that chat; GET /v1/telegram/chats lists the chats."
        }
        Remedy::PairWalletApp => "Pair one with POST /v1/wallets/{id}/wc/pair.",
        Remedy::EndWalletApp => "End it first with DELETE /v1/wallets/{id}/wc/session.",
        Remedy::CancelTransactions => {
            "Wait until some have ended, or cancel some (POST /v1/transactions/{id}/cancel)."
        }
        Remedy::UseFreshKey => {
            "Use a fresh Idempotency-Key for a new request; repeat a request with its own key and body."
        }
        Remedy::ReadLogAndRepeatWithOwnKey => {
            "The daemon's log has details under the request id. Repeat a payment only with its own Idempotency-Key."
        }
        Remedy::LookAndRepeatWithOwnKey => {
            "Check the result before you try again; repeat a payment only with its own Idempotency-Key."
        }
    };
    text.to_owned()
}

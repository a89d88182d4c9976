use waiaas_api::tokens::Token;
use waiaas_engine::PinnedToken;

pub(crate) fn token(token: PinnedToken) -> Token {
    Token {
        network: token.network.to_string(),
        address: token.address.to_string(),
        asset_id: token.asset.to_string(),
        symbol: token.symbol,
        decimals: token.decimals,
        pinned_at: token.pinned_at,
    }
}

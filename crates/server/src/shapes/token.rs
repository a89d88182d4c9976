use waiaas_api::tokens::Token;
use waiaas_engine::RecordedToken;

pub(crate) fn token(token: RecordedToken) -> Token {
    Token {
        network: token.network.to_string(),
        address: token.address.to_string(),
        asset_id: token.asset.to_string(),
        symbol: token.symbol,
        decimals: token.decimals,
        recorded_at: token.recorded_at,
    }
}

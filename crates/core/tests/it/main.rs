//! The evaluator through its public face: one module per policy type, then properties over all.
#![expect(clippy::expect_used, clippy::panic, reason = "the fixtures of a test may fail the test")]

mod action_category_limit;
mod allowed_networks;
mod allowed_tokens;
mod approve_amount_limit;
mod approve_tier_override;
mod approved_spenders;
mod attack;
mod contract_whitelist;
mod defaults;
mod erc8128_allowed_domains;
mod exposure;
mod generate;
mod generate_rules;
mod lending_asset_whitelist;
mod lending_ltv_limit;
mod method_whitelist;
mod perp_allowed_markets;
mod perp_max_leverage;
mod perp_max_position_usd;
mod properties;
mod rate_limit;
mod registry;
mod reputation_threshold;
mod round_trip;
mod spending_limit;
mod spending_windows;
mod strictness;
mod time_restriction;
mod venue_whitelist;
mod verdict;
mod whitelist;
mod world;
mod x402_allowed_domains;

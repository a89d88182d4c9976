//! Labels chosen by a caller, which decide nothing.

use anyhow::{Context as _, Result};
use proptest::option;
use waiaas_api::requests::{Operation, TokenRef, TokenTransfer};
use waiaas_engine::SendRequest;
use waiaas_engine::core::intent::Amount;
use waiaas_engine::core::origin::Origin;

use super::{Dice, seeds};
use crate::stage::{Stage, payee, requested, shown};

fn request(token: TokenRef, amount: &str) -> SendRequest {
    let amount = Amount::parse(amount).expect("an amount");
    requested(Operation::TokenTransfer(TokenTransfer::new(payee(9), amount, token)), Origin::default())
}

/// Invariant 2: decimals, symbol and id that a caller gives a token are refused where the chain says
/// otherwise, and change neither effects nor verdict where it does not.
#[tokio::test(flavor = "multi_thread")]
async fn labels_of_a_token_change_nothing_or_are_refused() -> Result<()> {
    let stage = Stage::set_up(None).await?;
    let node = &stage.localnet.solana;
    let (mint, real) = (node.spl_mint.clone(), node.spl_decimals);
    node.fund_spl(&stage.wallet.address.to_string(), 1_000_000_000_000).await?;
    stage.policy("SPENDING_LIMIT", crate::stage::limits(1, 1_000)).await?;
    // An unlisted token is denied before the chain is asked for its symbol.
    stage.policy("ALLOWED_TOKENS", serde_json::json!({ "tokens": [{ "address": mint }] })).await?;
    let session = stage.session().await?;
    let plain =
        |amount: &str| request(TokenRef { address: Some(mint.clone()), ..TokenRef::default() }, amount);
    let known = stage.engine().agent(&session).simulate(plain("1")).await.map_err(shown)?;
    let id = known.money.asset.to_string();
    let (mut refused, mut same) = (0, 0);
    for seed in seeds(40) {
        let mut dice = Dice::new(seed ^ 2);
        let amount = dice.pick(&["1", "2500000", "1.5", "0.000001"]);
        let decimals = dice.roll(option::of(proptest::prop_oneof![
            proptest::prelude::Just(real),
            proptest::prelude::any::<u8>()
        ]));
        let asset_id = match dice.roll(0u8..4) {
            0 => Some(id.clone()),
            1 => Some(id.replace(&mint, "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")),
            _ => None,
        };
        let symbol = dice.roll(option::of(".{0,12}|USDC|SOL"));
        let token = TokenRef { address: Some(mint.clone()), decimals, symbol, asset_id: asset_id.clone() };
        let truthful = decimals.is_none_or(|given| given == real) && asset_id.is_none_or(|given| given == id);
        let answer = stage.engine().agent(&session).simulate(request(token.clone(), amount)).await;
        assert_eq!(answer.is_ok(), truthful, "{token:?}: {:?}", answer.err().map(|error| error.message));
        let Ok(labelled) = answer else {
            refused += 1;
            continue;
        };
        let bare = stage.engine().agent(&session).simulate(plain(amount)).await.map_err(shown)?;
        assert_eq!(
            (labelled.effects, labelled.verdict, labelled.money),
            (bare.effects, bare.verdict, bare.money)
        );
        same += 1;
    }
    (refused > 5 && same > 5).then_some(()).context("both occur")
}

//! What a real runtime sees drafts do, held against what the decoder says, and nodes that cannot say.

use serde_json::json;
use waiaas_chains::solana::{SolanaChain, SolanaOptions};
use waiaas_chains::{Chain, Witness};
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effects;
use waiaas_core::intent::Intent;
use waiaas_core::witness::{Observed, WitnessFact, compare};

use crate::solana_lying_node::{at, dead, lying_chain, node};
use crate::solana_net::{Localnet, SOL, Wallet, fresh, sol, tokens};

async fn seen(chain: &SolanaChain, draft: &Draft) -> Observed {
    match chain.witness(draft).await.expect("runs") {
        Witness::Seen(observed) => *observed,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn requests_are_seen_as_they_are_decoded_and_nothing_beyond() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(1, 2 * SOL).await;
    let draft = wallet.draft(&chain, &sol(fresh(2), SOL)).await;
    let plain = Observed { native: U256::from(SOL), ..Observed::default() };
    assert_eq!(seen(&chain, &draft).await, plain, "to the last unit, without the fee");

    for mint in [net.spl_mint, net.token_2022_mint] {
        let asset = AssetId::token(&"solana:localnet".into(), mint);
        let draft = net.faucet.draft(&chain, &tokens(fresh(3), mint, 1_500)).await;
        let observed = seen(&chain, &draft).await;
        assert_eq!(observed.tokens, [(asset.clone(), U256::from(1_500))].into());
        let effects = chain.effects(&draft).expect("effects");
        assert_eq!(compare(&observed, &effects), WitnessFact::Agrees);
        // What if the decoder had missed it: every effect has to be there.
        for missing in 0..effects.items.len() {
            let mut items = effects.items.clone();
            let gone = items.remove(missing);
            let fact = compare(&observed, &Effects { items, ..effects.clone() });
            let is_fee = matches!(gone, waiaas_core::effect::Effect::NetworkFee { .. });
            let is_call = matches!(gone, waiaas_core::effect::Effect::ContractCall { .. });
            assert_eq!(fact == WitnessFact::Agrees, is_fee || is_call, "{gone:?}");
        }

        let approve = Intent::Approve { token: mint, spender: fresh(4), amount: U256::from(70) };
        let draft = net.faucet.draft(&chain, &approve).await;
        let observed = seen(&chain, &draft).await;
        assert_eq!(observed.allowances, [((asset, fresh(4)), U256::from(70))].into());
        assert_eq!(compare(&observed, &chain.effects(&draft).expect("effects")), WitnessFact::Agrees);
    }
    let text = Intent::SignMessage { message: b"hello".to_vec() };
    let draft = wallet.draft(&chain, &text).await;
    assert_eq!(chain.witness(&draft).await.expect("an answer"), Witness::NotApplicable);
}

#[tokio::test]
async fn a_node_that_does_not_show_the_accounts_is_no_witness() {
    let wallet = Wallet::new(1);
    let blind = node(dead()).await;
    let chain = lying_chain(&[&blind], SolanaOptions::default());
    let draft = wallet.draft(&chain, &sol(fresh(2), SOL)).await;
    let witness = chain.witness(&draft).await.expect("an answer");
    assert!(matches!(witness, Witness::Unavailable(_)), "{witness:?}");
    for shown in [json!(null), json!([]), json!([null]), json!([null, null, null]), json!("all")] {
        let mut answers = dead();
        answers.insert("simulateTransaction", at(4_999, json!({"err": null, "logs": [], "accounts": shown})));
        let node = node(answers).await;
        let witness = lying_chain(&[&node], SolanaOptions::default()).witness(&draft).await;
        assert!(matches!(witness, Ok(Witness::Unavailable(_))), "{shown}: {witness:?}");
    }
    // Both accounts gone: everything has left, which is more than one coin.
    let mut answers = dead();
    let gone = json!({"err": null, "logs": [], "accounts": [null, null]});
    answers.insert("simulateTransaction", at(4_999, gone));
    let node = node(answers).await;
    let chain = lying_chain(&[&node], SolanaOptions::default());
    let observed = seen(&chain, &draft).await;
    let fact = compare(&observed, &chain.effects(&draft).expect("effects"));
    assert!(observed.native > U256::from(4 * SOL) && matches!(fact, WitnessFact::Exceeds { .. }), "{fact:?}");
}

//! Checks a challenge without trust in the daemon: whether the text to sign describes the effects of the bytes to
//! sign.
//!
//! Prices, decimals, symbols, simulated effects and reasons come from the daemon. Recipients, amounts in base units,
//! calls, typed data and texts are read here from the bytes.

use std::sync::Arc;

use serde_json::Value;
use thiserror::Error;
use waiaas_core::asset::AssetKind;
use waiaas_core::change::{self, Change};
use waiaas_core::draft::Draft;
use waiaas_core::effect::Effects;
use waiaas_core::ids::{ChangeId, TxId, WalletId};
use waiaas_core::network::{Chain, Environment, Finality, Network, Networks};
use waiaas_core::owner::{Challenge, OwnerAction};
use waiaas_core::presentation::{Ask, Presentation, VERSION};

/// Why a challenge must not be signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Doubt {
    /// The text is not a challenge of a wallet daemon, or has additions.
    #[error("the text to sign is not a challenge of a wallet daemon")]
    NotAQuestion,
    /// It is about another action, transaction, change or wallet.
    #[error("the text to sign is for the action '{0}', which was not asked for")]
    Other(&'static str),
    /// It is for other bytes or other content than the document's.
    #[error("the text to sign is not about the content of this document")]
    Draft,
    /// Its format is not known to this release.
    #[error("the description has a form that this release does not know")]
    Version,
    /// The bytes cannot be read.
    #[error("the bytes of the transaction cannot be read: {0}")]
    Unreadable(String),
    /// The description does not fit the bytes.
    #[error("the effects of the transaction differ from its description")]
    Effects,
    /// The text does not fit the description.
    #[error("the text to sign differs from the effects of the transaction")]
    Text,
}

/// Reads a challenge of any action.
///
/// # Errors
/// [`Doubt`] if the text is no challenge of a wallet daemon.
pub fn read(message: &str) -> Result<Challenge, Doubt> {
    Challenge::read(message).ok_or(Doubt::NotAQuestion)
}

/// Checks a challenge about the transaction `tx`: it is for this decision and exactly this draft, and its words are
/// those of a description that agrees with the draft's bytes.
///
/// # Errors
/// [`Doubt`] names the difference.
pub fn check(
    message: &str,
    ask: Ask,
    tx: TxId,
    draft: &Draft,
    shown: &Presentation,
) -> Result<Challenge, Doubt> {
    let asked = read(message)?;
    let digest = match (asked.action, ask) {
        (OwnerAction::Approve { tx: id, digest }, Ask::Approve)
        | (OwnerAction::Reject { tx: id, digest }, Ask::Reject)
            if id == tx =>
        {
            digest
        }
        (other, Ask::Approve | Ask::Reject) => return Err(Doubt::Other(other.as_str())),
    };
    if digest != draft.digest() {
        return Err(Doubt::Draft);
    }
    if shown.version != VERSION {
        return Err(Doubt::Version);
    }
    let network = network(shown).ok_or(Doubt::Effects)?;
    let (effects, content) = waiaas_chains::codec(&network)
        .and_then(|codec| codec.read(draft))
        .map_err(|error| Doubt::Unreadable(error.to_string()))?;
    // Simulated effects of undecoded calls are not in the bytes.
    let effects = Effects { seen: shown.effects.seen.clone(), ..effects };
    if effects != shown.effects || content != shown.content {
        return Err(Doubt::Effects);
    }
    if asked.summary != shown.statement(ask) {
        return Err(Doubt::Text);
    }
    Ok(asked)
}

/// Checks a challenge about a change: it is for this decision and exactly this content.
///
/// # Errors
/// [`Doubt`] names the difference.
pub fn check_change(message: &str, ask: Ask, id: ChangeId, content: &Value) -> Result<Challenge, Doubt> {
    let asked = read(message)?;
    let digest = match (asked.action, ask) {
        (OwnerAction::ApproveChange { change, digest }, Ask::Approve)
        | (OwnerAction::RejectChange { change, digest }, Ask::Reject)
            if change == id =>
        {
            digest
        }
        (other, Ask::Approve | Ask::Reject) => return Err(Doubt::Other(other.as_str())),
    };
    // In its stored form, independent of the order of keys in transit.
    let content: Change = serde_json::from_value(content.clone()).map_err(|_| Doubt::Version)?;
    let content = serde_json::to_string(&content).map_err(|_| Doubt::Version)?;
    if change::digest(id, &content) == digest { Ok(asked) } else { Err(Doubt::Draft) }
}

/// Checks a challenge about a wallet itself: it is for exactly this action and wallet.
///
/// # Errors
/// [`Doubt`] if the challenge is for another action or wallet.
pub fn check_wallet(message: &str, action: OwnerAction, wallet: WalletId) -> Result<Challenge, Doubt> {
    let asked = read(message)?;
    if asked.action != action || asked.wallet != wallet {
        return Err(Doubt::Other(asked.action.as_str()));
    }
    Ok(asked)
}

/// Returns a built-in network, or a custom one by its chain id.
fn network(shown: &Presentation) -> Option<Network> {
    if let Some(known) = Networks::builtin().get(&shown.effects.network) {
        return Some(known.clone());
    }
    let native = &shown.effects.native;
    let AssetKind::Native { slip44 } = native.kind else { return None };
    let chain_id = native.evm_chain_id()?;
    let unit = shown.assets.get(native);
    Some(Network {
        id: shown.effects.network.clone(),
        caip2: native.caip2.clone(),
        chain: Chain::Ethereum,
        environment: Environment::Mainnet,
        evm_chain_id: Some(chain_id),
        native_symbol: Arc::from(unit.map_or("", |unit| unit.symbol.as_str())),
        native_decimals: unit.map_or(18, |unit| unit.decimals),
        slip44,
        finality: Finality::of(Environment::Mainnet),
        has_data_fee: false,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use uuid::Uuid;
    use waiaas_core::address::Address;
    use waiaas_core::digest::Digest;
    use waiaas_core::effect::Effect;
    use waiaas_core::ids::InstanceId;
    use waiaas_core::network::NetworkId;
    use waiaas_core::policy::Tier;
    use waiaas_core::simulation::SimulationCheck;

    use super::*;

    const OWNER: Address = Address::Evm([9; 20]);

    fn tx() -> TxId {
        TxId::new(Uuid::from_u128(3))
    }

    /// A text to be signed, as the EVM chain drafts it.
    fn draft(text: &str) -> Draft {
        let body = [&[3], text.as_bytes()].concat();
        Draft { network: NetworkId::new("ethereum-mainnet"), from: Address::Evm([1; 20]), body }
    }

    fn shown(draft: &Draft) -> Presentation {
        let network = Networks::builtin().get(&draft.network).expect("built in").clone();
        let codec = waiaas_chains::codec(&network).expect("a network that is known");
        let (effects, content) = codec.read(draft).expect("reads");
        Presentation {
            gas: None,
            strangers: Vec::new(),
            version: VERSION,
            effects,
            replaces: None,
            simulation: SimulationCheck::NotApplicable,
            assets: BTreeMap::new(),
            content,
            tier: Tier::Approval,
            usd: None,
            reasons: Vec::new(),
        }
    }

    fn asked(action: OwnerAction, summary: String) -> Challenge {
        Challenge {
            instance: InstanceId::new(Uuid::from_u128(1)),
            wallet: WalletId::new(Uuid::from_u128(2)),
            owner: OWNER,
            action,
            chain_id: "1".into(),
            summary,
            nonce: "00".into(),
            issued_at: 0,
            expires_at: 60,
        }
    }

    #[test]
    fn a_question_is_sound_if_bytes_description_and_words_agree() {
        let draft = draft("Hello, world");
        let shown = shown(&draft);
        let approve = OwnerAction::Approve { tx: tx(), digest: draft.digest() };
        let reject = OwnerAction::Reject { tx: tx(), digest: draft.digest() };
        let yes = asked(approve, shown.statement(Ask::Approve));
        let no = asked(reject, shown.statement(Ask::Reject));
        assert_eq!(check(&yes.message(), Ask::Approve, tx(), &draft, &shown), Ok(yes.clone()));
        assert_eq!(check(&no.message(), Ask::Reject, tx(), &draft, &shown), Ok(no.clone()));
        assert_eq!(check(&no.message(), Ask::Approve, tx(), &draft, &shown), Err(Doubt::Other("reject")));
        let other = TxId::new(Uuid::from_u128(4));
        assert_eq!(check(&yes.message(), Ask::Approve, other, &draft, &shown), Err(Doubt::Other("approve")));
        assert_eq!(check("Hello", Ask::Approve, tx(), &draft, &shown), Err(Doubt::NotAQuestion));
    }

    #[test]
    fn a_daemon_that_says_one_thing_and_asks_another_is_found_out() {
        let (draft, other) = (draft("Hello, world"), draft("I owe you all I have"));
        let (shown, misleading) = (shown(&draft), shown(&other));
        let approve = |draft: &Draft| OwnerAction::Approve { tx: tx(), digest: draft.digest() };
        let ask = |action, summary: &str, draft: &Draft, shown: &Presentation| {
            check(&asked(action, summary.to_owned()).message(), Ask::Approve, tx(), draft, shown)
        };
        let words = shown.statement(Ask::Approve);
        // The digest is of other bytes than those shown.
        assert_eq!(ask(approve(&other), &words, &draft, &shown), Err(Doubt::Draft));
        // The bytes are others than those described.
        assert_eq!(ask(approve(&other), &words, &other, &shown), Err(Doubt::Effects));
        // The words leave something out or add something.
        let altered = words.replace("Hello", "Hallo");
        for words in [altered.as_str(), &words[..words.len() - 1], &format!("{words} It is safe.")] {
            assert_eq!(ask(approve(&draft), words, &draft, &shown), Err(Doubt::Text), "{words}");
        }
        // A true description of something else.
        assert_eq!(
            ask(approve(&draft), &misleading.statement(Ask::Approve), &draft, &misleading),
            Err(Doubt::Effects)
        );
        let mut foreign = shown.clone();
        foreign.effects.from = Address::Evm([2; 20]);
        assert_eq!(ask(approve(&draft), &words, &draft, &foreign), Err(Doubt::Effects));
        let newer = Presentation { version: VERSION + 1, ..shown.clone() };
        assert_eq!(ask(approve(&draft), &words, &draft, &newer), Err(Doubt::Version));
        let mut fewer = shown.clone();
        fewer.effects.items.clear();
        assert_eq!(ask(approve(&draft), &fewer.statement(Ask::Approve), &draft, &fewer), Err(Doubt::Effects));
        // A simulated effect is part of the words, marked as such, and cannot be found in the bytes.
        let mut seen = shown.clone();
        let to = Address::Evm([7; 20]);
        seen.effects.seen.push(Effect::NativeOut { to, amount: waiaas_core::U256::ONE });
        let words = seen.statement(Ask::Approve);
        assert!(words.contains("SEEN IN SIMULATION, NOT DECODED: send 1 base units"), "{words}");
        assert!(ask(approve(&draft), &words, &draft, &seen).is_ok());
        let mut more = shown;
        more.effects.items.push(Effect::NetworkFee { max: waiaas_core::U256::ZERO });
        assert_eq!(ask(approve(&draft), &more.statement(Ask::Approve), &draft, &more), Err(Doubt::Effects));
    }

    #[test]
    fn questions_about_changes_and_wallets_are_about_those() {
        let id = ChangeId::new(Uuid::from_u128(7));
        let change = Change::KillSwitchRecovery { generation: 3 };
        let text = serde_json::to_string(&change).expect("json");
        let digest = change::digest(id, &text);
        let yes = asked(OwnerAction::ApproveChange { change: id, digest }, "Release it.".into()).message();
        let content = serde_json::to_value(&change).expect("json");
        assert!(check_change(&yes, Ask::Approve, id, &content).is_ok());
        assert_eq!(check_change(&yes, Ask::Reject, id, &content), Err(Doubt::Other("approve-change")));
        let other = serde_json::to_value(Change::KillSwitchRecovery { generation: 4 }).expect("json");
        assert_eq!(check_change(&yes, Ask::Approve, id, &other), Err(Doubt::Draft));

        let wallet = WalletId::new(Uuid::from_u128(2));
        let prove = asked(OwnerAction::VerifyOwner, "Become the owner.".into()).message();
        assert!(check_wallet(&prove, OwnerAction::VerifyOwner, wallet).is_ok());
        let elsewhere = WalletId::new(Uuid::from_u128(5));
        assert!(check_wallet(&prove, OwnerAction::VerifyOwner, elsewhere).is_err());
        let approval = OwnerAction::Approve { tx: tx(), digest: Digest::new([0; 32]) };
        let trap = asked(approval, "Become the owner.".into()).message();
        assert_eq!(check_wallet(&trap, OwnerAction::VerifyOwner, wallet), Err(Doubt::Other("approve")));
        let successor = OwnerAction::ChangeOwner { new_owner: Address::Evm([3; 20]) };
        let thief = OwnerAction::ChangeOwner { new_owner: Address::Evm([4; 20]) };
        let trap = asked(thief, "Give up owning.".into()).message();
        assert_eq!(check_wallet(&trap, successor, wallet), Err(Doubt::Other("change-owner")));
    }
}

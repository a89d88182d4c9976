//! The text of a challenge, in the layout of EIP-4361: written, and read back exactly.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Challenge, OwnerAction};
use crate::UnixSeconds;
use crate::address::Address;
use crate::digest::Digest;
use crate::network::Chain;

/// Maximum length of a statement, in bytes. The whole text, less than a KiB longer, is returned in one HTTP
/// header and read by a person. A challenge with a longer statement is not issued.
pub const LONGEST_STATEMENT: usize = 12 * 1024;

impl Challenge {
    /// The text to sign (EIP-4361).
    pub fn message(&self) -> String {
        let chain = account_of(&self.owner);
        let subject = match (self.action.tx(), self.action.change()) {
            (Some(tx), _) => format!("transactions/{tx}"),
            (None, Some(change)) => format!("changes/{change}"),
            (None, None) => format!("wallets/{}", self.wallet),
        };
        let mut text = format!(
            "{DOMAIN} wants you to sign in with your {chain} account:\n{}\n\n{}\n\n\
             URI: waiaas://{}/{subject}\nVersion: 1\nChain ID: {}\nNonce: {}\nIssued At: {}\n\
             Expiration Time: {}\nRequest ID: {}\nResources:\n- urn:waiaas:action:{}\n- urn:waiaas:wallet:{}",
            self.owner,
            statement(&self.summary),
            self.instance,
            self.chain_id,
            self.nonce,
            rfc3339(self.issued_at),
            rfc3339(self.expires_at),
            subject.replace('/', ":"),
            self.action.as_str(),
            self.wallet,
        );
        // Writing to a String cannot fail.
        let _ = match self.action {
            OwnerAction::Approve { digest, .. }
            | OwnerAction::Reject { digest, .. }
            | OwnerAction::ApproveChange { digest, .. }
            | OwnerAction::RejectChange { digest, .. } => {
                write!(text, "\n- urn:waiaas:digest:sha256:{digest}")
            }
            OwnerAction::ChangeOwner { new_owner } => write!(text, "\n- urn:waiaas:new-owner:{new_owner}"),
            OwnerAction::VerifyOwner | OwnerAction::RemoveOwner => Ok(()),
        };
        text
    }

    /// The challenge of which `text` is exactly the text; none for any other text. A signer uses it to check
    /// what the signature approves, and that the text contains nothing else.
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        lines.next()?;
        let owner = lines.next()?;
        let chain = if owner.starts_with("0x") { Chain::Ethereum } else { Chain::Solana };
        let owner = Address::parse(chain, owner).ok()?;
        let summary = lines.nth(1)?.to_owned();
        let mut fields = BTreeMap::new();
        for line in lines {
            let (name, value) = match line.strip_prefix("- urn:waiaas:") {
                Some(resource) => resource.rsplit_once(':')?,
                None => line.split_once(": ").unwrap_or((line, "")),
            };
            fields.insert(name, value);
        }
        let get = |name: &str| fields.get(name).copied();
        let (home, subject) = get("URI")?.strip_prefix("waiaas://")?.split_once('/')?;
        let (_, id) = subject.split_once('/')?;
        let read = Self {
            instance: home.parse().ok()?,
            wallet: get("wallet")?.parse().ok()?,
            owner,
            action: action(get("action")?, id, get("digest:sha256"), get("new-owner"))?,
            chain_id: get("Chain ID")?.to_owned(),
            summary,
            nonce: get("Nonce")?.to_owned(),
            issued_at: seconds(get("Issued At")?)?,
            expires_at: seconds(get("Expiration Time")?)?,
        };
        // Reading may be lenient, because the result must give the same text again.
        (read.message() == text).then_some(read)
    }
}

fn action(name: &str, id: &str, digest: Option<&str>, new_owner: Option<&str>) -> Option<OwnerAction> {
    fn parsed<T: FromStr>(text: &str) -> Option<T> {
        text.parse().ok()
    }
    let digest = || digest.and_then(parsed::<Digest>);
    Some(match name {
        "approve" => OwnerAction::Approve { tx: parsed(id)?, digest: digest()? },
        "reject" => OwnerAction::Reject { tx: parsed(id)?, digest: digest()? },
        "verify-owner" => OwnerAction::VerifyOwner,
        "change-owner" => OwnerAction::ChangeOwner { new_owner: parsed(new_owner?)? },
        "remove-owner" => OwnerAction::RemoveOwner,
        "approve-change" => OwnerAction::ApproveChange { change: parsed(id)?, digest: digest()? },
        "reject-change" => OwnerAction::RejectChange { change: parsed(id)?, digest: digest()? },
        _ => return None,
    })
}

/// The chain's name in the first line, by the kind of the owner's address.
const fn account_of(owner: &Address) -> &'static str {
    match owner {
        Address::Evm(_) => "Ethereum",
        Address::Solana(_) => "Solana",
    }
}

fn seconds(text: &str) -> Option<UnixSeconds> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

/// The domain in the first line of every challenge (EIP-4361 `domain`).
/// The domain in the first line of every text. Wallet apps compare it with the domain that asks.
pub const DOMAIN: &str = "waiaas.local";

/// Whether a text is a challenge of any daemon, or could be mistaken for one. A wallet's address may be the
/// owner address of another wallet, so no wallet signs such a text as a message: the signature would be an
/// approval. A challenge is accepted only with its exact text; this test ignores case and spacing, so that
/// similar texts are not signed either.
pub fn is_challenge(text: &str) -> bool {
    let plain = text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
    let plain: String = plain.collect();
    let first_line = format!("{DOMAIN}wantsyoutosignin");
    [first_line.as_str(), "urn:waiaas:", "waiaas://"].iter().any(|mark| plain.contains(mark))
}

/// EIP-4361 permits only URI characters and spaces in a statement. Challenges are worded in these
/// ([`crate::presentation::is_plain`]); any other character becomes a space.
fn statement(summary: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " -._~:/?#[]@!$&'()*+,;=".contains(c);
    summary.chars().map(|c| if allowed(c) { c } else { ' ' }).collect()
}

fn rfc3339(at: UnixSeconds) -> String {
    OffsetDateTime::from_unix_timestamp(at)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| at.to_string())
}

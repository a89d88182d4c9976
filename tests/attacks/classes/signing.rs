//! Transactions the agent brings to be signed.
//!
//! A naive design reads the fields it knows and signs the rest as well: another chain's transaction, a
//! fee that eats the wallet, an authorization in a list, a second payer. None of these may be signed.

use std::sync::Arc;

use alloy_primitives::U256;
use anyhow::Result;
use serde_json::json;

use super::{contracts, solana_tokens};
use crate::kit::{
    Account, Class, Instruction, Loot, Message, Needs, On, Rlp, SPL_TOKEN, Target, Victim, bait, resisted,
    solana_account, system_transfer, unsigned_1559,
};

const ETHER: u64 = 1_000_000_000_000_000_000;

const EVM: [&str; 27] = [
    "a coin",
    "everything there is",
    "2^256 - 1 wei",
    "a hundred tokens",
    "an approval of everything",
    "an unknown call of the listed contract",
    "a call of an unlisted contract",
    "small change on another chain",
    "small change on chain 0",
    "small change without a chain (legacy)",
    "small change on another chain (legacy)",
    "a coin (legacy)",
    "a coin (EIP-2930)",
    "small change with an authorization (EIP-7702)",
    "small change with a blob (EIP-4844)",
    "an unknown type",
    "a fee of thirty coins",
    "a fee beyond all numbers",
    "a tip above the fee",
    "small change, already signed",
    "small change and a rest",
    "small change cut short",
    "small change with one field more",
    "small change with a padded number",
    "a recipient of 19 bytes",
    "nothing",
    "not hex",
];

/// A nonce that the victim has not used and is not far from: nothing is refused for its place.
const NEXT: u64 = 4;

fn dynamic(chain: u64, to: &str, value: U256, gas: u64, fee: U256, tip: U256) -> Vec<Rlp> {
    vec![
        Rlp::small(chain),
        Rlp::small(NEXT),
        Rlp::number(tip),
        Rlp::number(fee),
        Rlp::small(gas),
        Rlp::hex(to),
        Rlp::number(value),
        Rlp::Bytes(Vec::new()),
        Rlp::List(Vec::new()),
    ]
}

fn envelope(kind: u8, fields: Vec<Rlp>) -> String {
    format!("0x{kind:02x}{}", hex::encode(Rlp::List(fields).encode()))
}

fn legacy(to: &str, value: u64, chain: Option<u64>) -> String {
    let mut fields = vec![
        Rlp::small(NEXT),
        Rlp::small(2_000_000_000),
        Rlp::small(21_000),
        Rlp::hex(to),
        Rlp::small(value),
        Rlp::Bytes(Vec::new()),
    ];
    if let Some(chain) = chain {
        fields.extend([Rlp::small(chain), Rlp::Bytes(Vec::new()), Rlp::Bytes(Vec::new())]);
    }
    format!("0x{}", hex::encode(Rlp::List(fields).encode()))
}

async fn evm_raw(target: &Target, victim: &Victim, kind: &str, thief: &str) -> Result<String> {
    let (gwei, token) = (U256::from(2_000_000_000_u64), target.evm()?.erc20.clone());
    let small = U256::from(1_000_u64);
    let plain = |chain, value| unsigned_1559(chain, NEXT, thief, value, &[]);
    let fields = || dynamic(31337, thief, small, 21_000, gwei, U256::from(1u8));
    Ok(match kind {
        "a coin" => plain(31337, U256::from(ETHER)),
        "everything there is" => plain(31337, U256::from(99u8) * U256::from(ETHER)),
        "2^256 - 1 wei" => plain(31337, U256::MAX),
        "a hundred tokens" => {
            let data = bait("transfer(address,uint256)", thief, U256::from(100u8) * U256::from(ETHER))?;
            unsigned_1559(31337, NEXT, &token, U256::ZERO, &data)
        }
        "an approval of everything" => {
            let data = bait("approve(address,uint256)", thief, U256::MAX)?;
            unsigned_1559(31337, NEXT, &token, U256::ZERO, &data)
        }
        "an unknown call of the listed contract" => unsigned_1559(
            31337,
            NEXT,
            &victim.contract,
            U256::ZERO,
            &bait("sweep(address)", thief, U256::MAX)?,
        ),
        "a call of an unlisted contract" => {
            let contract = target.evm()?.telltale().await?;
            unsigned_1559(31337, NEXT, &contract, U256::ZERO, &bait("sweep(address)", thief, U256::MAX)?)
        }
        "small change on another chain" => plain(1, small),
        "small change on chain 0" => plain(0, small),
        "small change without a chain (legacy)" => legacy(thief, 1_000, None),
        "small change on another chain (legacy)" => legacy(thief, 1_000, Some(1)),
        "a coin (legacy)" => legacy(thief, ETHER, Some(31337)),
        "a coin (EIP-2930)" => {
            let mut fields = dynamic(31337, thief, U256::from(ETHER), 21_000, gwei, U256::ZERO);
            fields.remove(2);
            envelope(1, fields)
        }
        "small change with an authorization (EIP-7702)" => {
            let grant = vec![
                Rlp::small(31337),
                Rlp::hex(thief),
                Rlp::small(10),
                Rlp::small(0),
                Rlp::small(1),
                Rlp::small(1),
            ];
            let mut fields = fields();
            fields.push(Rlp::List(vec![Rlp::List(grant)]));
            envelope(4, fields)
        }
        "small change with a blob (EIP-4844)" => {
            let mut fields = fields();
            fields.extend([Rlp::small(1), Rlp::List(vec![Rlp::Bytes(vec![1; 32])])]);
            envelope(3, fields)
        }
        "an unknown type" => envelope(0x7e, fields()),
        "a fee of thirty coins" => envelope(
            2,
            dynamic(
                31337,
                thief,
                small,
                30_000_000,
                U256::from(1_000_000_000_000_u64),
                U256::from(1_000_000_000_000_u64),
            ),
        ),
        "a fee beyond all numbers" => {
            envelope(2, dynamic(31337, thief, small, u64::MAX, U256::MAX, U256::MAX))
        }
        "a tip above the fee" => {
            envelope(2, dynamic(31337, thief, small, 21_000, gwei, gwei * U256::from(1_000_000_000_u64)))
        }
        "small change, already signed" => {
            let mut fields = fields();
            fields.extend([Rlp::small(1), Rlp::Bytes(vec![7; 32]), Rlp::Bytes(vec![8; 32])]);
            envelope(2, fields)
        }
        "small change and a rest" => format!("{}00", envelope(2, fields())),
        "small change cut short" => {
            let whole = envelope(2, fields());
            whole.get(..whole.len() - 2).unwrap_or_default().to_owned()
        }
        "small change with one field more" => {
            let mut fields = fields();
            fields.push(Rlp::small(1));
            envelope(2, fields)
        }
        "small change with a padded number" => {
            let mut fields = fields();
            if let Some(value) = fields.get_mut(6) {
                *value = Rlp::Bytes(vec![0, 0, 3, 232]);
            }
            envelope(2, fields)
        }
        "a recipient of 19 bytes" => {
            let mut fields = fields();
            if let Some(to) = fields.get_mut(5) {
                *to = Rlp::Bytes(vec![1; 19]);
            }
            envelope(2, fields)
        }
        "nothing" => "0x".to_owned(),
        _ => "0xzz".to_owned(),
    })
}

const SOLANA: [&str; 14] = [
    "a coin",
    "a coin with a version",
    "a coin in two parts",
    "a hundred tokens",
    "a delegate",
    "a new owner of the token account",
    "a fee that eats the wallet",
    "another payer",
    "another signer",
    "a coin and a rest",
    "a coin cut short",
    "an unknown program",
    "nothing",
    "not base64",
];

async fn solana_raw(target: &Arc<Target>, victim: &Victim, kind: &str, thief: &str) -> Result<String> {
    let solana = target.solana()?;
    let (me, hash) = (victim.address.as_str(), solana.blockhash().await?);
    let account = solana.token_account(me, &solana.mint).await?;
    let spl = |accounts: Vec<Account>, data: Vec<u8>| Instruction::new(SPL_TOKEN, accounts, data);
    let coin = || system_transfer(me, thief, 1_000_000_000);
    let message = |instructions| Message::new(me, &hash, instructions);
    let with = |tag: u8, amount: u64| [&[tag][..], &amount.to_le_bytes()].concat();
    Ok(match kind {
        "a coin with a version" => {
            let mut versioned = message(vec![coin()]);
            versioned.versioned = true;
            versioned.transaction()?
        }
        "a coin in two parts" => {
            let half = || system_transfer(me, thief, 8_000_000);
            message(vec![half(), half()]).transaction()?
        }
        "a hundred tokens" => {
            let to = solana.deal(thief, &solana.mint, 0).await?;
            let accounts = vec![Account::writable(&account), Account::writable(&to), Account::signer(me)];
            message(vec![spl(accounts, with(3, 100_000_000))]).transaction()?
        }
        "a delegate" => {
            let accounts = vec![Account::writable(&account), Account::readonly(thief), Account::signer(me)];
            message(vec![spl(accounts, with(4, u64::MAX))]).transaction()?
        }
        "a new owner of the token account" => {
            let key = bs58::decode(thief).into_vec()?;
            let accounts = vec![Account::writable(&account), Account::signer(me)];
            message(vec![spl(accounts, [&[6, 2, 1][..], &key].concat())]).transaction()?
        }
        "a fee that eats the wallet" => {
            let price = [&[3u8][..], &10_000_000_000_000_u64.to_le_bytes()].concat();
            let budget = Instruction::new("ComputeBudget111111111111111111111111111111", Vec::new(), price);
            message(vec![budget, system_transfer(me, &solana_account(), 1_000_000)]).transaction()?
        }
        "another payer" => {
            Message::new(thief, &hash, vec![system_transfer(me, thief, 1_000_000)]).transaction()?
        }
        "another signer" => {
            let mut transfer = system_transfer(me, thief, 1_000_000);
            transfer.accounts.push(Account::signer(&solana_account()));
            message(vec![transfer]).transaction()?
        }
        "a coin and a rest" => {
            use base64::Engine as _;
            let engine = base64::engine::general_purpose::STANDARD;
            let mut bytes = engine.decode(message(vec![coin()]).transaction()?)?;
            bytes.push(0);
            engine.encode(bytes)
        }
        "a coin cut short" => {
            let whole = message(vec![coin()]).transaction()?;
            whole.get(..whole.len() - 8).unwrap_or_default().to_owned()
        }
        "an unknown program" => {
            let call = Instruction::new(&solana_account(), vec![Account::signer(me)], vec![1, 2, 3]);
            message(vec![call]).transaction()?
        }
        "nothing" => String::new(),
        "not base64" => "!!".to_owned(),
        _ => message(vec![coin()]).transaction()?,
    })
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("signing of brought transactions");
    for kind in EVM {
        class.case(Needs::Nodes, format!("EVM: {kind}"), move |target| async move {
            let (victim, thief) = (contracts(&target).await?, On::Evm.stranger());
            let raw = evm_raw(&target, &victim, kind, &thief).await?;
            let answer = victim.api.post("/v1/transactions/sign", json!({ "transaction": raw })).await?;
            let token = target.evm()?.erc20.clone();
            let loot = [Loot::Coins(thief.clone()), Loot::Allowance(token, thief), Loot::Transaction];
            if ["INSUFFICIENT_BALANCE", "FEE_ABOVE_CAP"].iter().any(|code| answer.body["code"] == **code) {
                for loot in loot {
                    loot.none(&target, &victim).await?;
                }
                return crate::kit::leaks_no_signature(&answer.body);
            }
            resisted(&target, &victim, &answer, &loot).await
        });
    }
    for kind in SOLANA {
        class.case(Needs::Nodes, format!("Solana: {kind}"), move |target| async move {
            let (victim, thief) = (solana_tokens(&target).await?, On::Solana.stranger());
            let solana = target.solana()?;
            let raw = solana_raw(&target, &victim, kind, &thief).await?;
            let answer = victim.api.post("/v1/transactions/sign", json!({ "transaction": raw })).await?;
            let account = solana.token_account(&victim.address, &solana.mint).await?;
            let loot = [Loot::Coins(thief), Loot::TokenAccount(account)];
            if answer.body["code"] == "FEE_ABOVE_CAP" {
                return crate::kit::leaks_no_signature(&answer.body);
            }
            resisted(&target, &victim, &answer, &loot).await
        });
    }
    for (name, body) in [
        ("the other chain's field", json!({ "transaction": "0x02c0", "chain": "solana" })),
        ("another network", json!({ "transaction": "0x02c0", "network": "ethereum-sepolia" })),
        ("a provider's claim", json!({ "transaction": "0x02c0", "actionProvider": "jupiter_swap" })),
        ("an order to send it", json!({ "transaction": "0x02c0", "broadcast": true })),
    ] {
        class.case(Needs::Nodes, format!("with {name}"), move |target| async move {
            let victim = contracts(&target).await?;
            let answer = victim.api.post("/v1/transactions/sign", body).await?;
            resisted(&target, &victim, &answer, &[Loot::Transaction]).await
        });
    }
    class
}

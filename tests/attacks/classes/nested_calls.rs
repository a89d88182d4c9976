//! Calls within calls.
//!
//! A naive design looks at the outermost selector, or descends one level and stops. The contract here
//! is listed, and its wrapping methods are vouched for by name; the wrapped calls are not.

use alloy_dyn_abi::DynSolValue as V;
use alloy_primitives::{Address, U256};
use anyhow::Result;
use serde_json::json;

use super::{contracts, wrappers};
use crate::kit::{Class, Loot, Needs, On, bait, calldata, resisted};

/// Wrappers by signature.
pub(super) const WRAPPERS: [&str; 18] = [
    "multicall(bytes[])",
    "multicall(uint256,bytes[])",
    "multicall(bytes32,bytes[])",
    "aggregate((address,bytes)[])",
    "tryAggregate(bool,(address,bytes)[])",
    "blockAndAggregate((address,bytes)[])",
    "tryBlockAndAggregate(bool,(address,bytes)[])",
    "aggregate3((address,bool,bytes)[])",
    "aggregate3Value((address,bool,uint256,bytes)[])",
    "execute(address,uint256,bytes)",
    "executeBatch(address[],bytes[])",
    "executeBatch(address[],uint256[],bytes[])",
    "executeBatch((address,uint256,bytes)[])",
    "execute(bytes,bytes[])",
    "execute(bytes,bytes[],uint256)",
    "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
    "multiSend(bytes)",
    "exec(address,bytes)",
];

fn no() -> V {
    V::Uint(U256::ZERO, 256)
}

/// `inner` at `to` within a wrapper.
fn wrapped(signature: &str, to: Address, inner: &[u8]) -> Vec<u8> {
    let (at, data) = (V::Address(to), V::Bytes(inner.to_vec()));
    let (list, zero) = (V::Array(vec![data.clone()]), no());
    let pair = V::Array(vec![V::Tuple(vec![at.clone(), data.clone()])]);
    let triple = |middle: V| V::Array(vec![V::Tuple(vec![at.clone(), middle, data.clone()])]);
    let arguments = match signature {
        "multicall(bytes[])" => vec![list],
        "multicall(uint256,bytes[])" => vec![V::Uint(U256::MAX, 256), list],
        "multicall(bytes32,bytes[])" => vec![V::FixedBytes([0; 32].into(), 32), list],
        "aggregate((address,bytes)[])" | "blockAndAggregate((address,bytes)[])" => vec![pair],
        "tryAggregate(bool,(address,bytes)[])" | "tryBlockAndAggregate(bool,(address,bytes)[])" => {
            vec![V::Bool(true), pair]
        }
        "aggregate3((address,bool,bytes)[])" => vec![triple(V::Bool(true))],
        "aggregate3Value((address,bool,uint256,bytes)[])" => {
            vec![V::Array(vec![V::Tuple(vec![at, V::Bool(true), zero, data])])]
        }
        "execute(address,uint256,bytes)" => vec![at, zero, data],
        "executeBatch(address[],bytes[])" => vec![V::Array(vec![at]), list],
        "executeBatch(address[],uint256[],bytes[])" => vec![V::Array(vec![at]), V::Array(vec![zero]), list],
        "executeBatch((address,uint256,bytes)[])" => vec![triple(zero)],
        "execute(bytes,bytes[])" => vec![V::Bytes(vec![0x0a]), list],
        "execute(bytes,bytes[],uint256)" => vec![V::Bytes(vec![0x0a]), list, V::Uint(U256::MAX, 256)],
        "multiSend(bytes)" => {
            let packed = [&[0u8][..], to.as_slice(), &[0u8; 32], &word(inner.len()), inner].concat();
            vec![V::Bytes(packed)]
        }
        "exec(address,bytes)" => vec![at, data],
        _ => vec![
            at,
            zero,
            data,
            V::Uint(U256::from(1u8), 8),
            no(),
            no(),
            no(),
            V::Address(Address::ZERO),
            V::Address(Address::ZERO),
            V::Bytes(vec![0; 65]),
        ],
    };
    calldata(signature, arguments)
}

fn word(number: usize) -> [u8; 32] {
    U256::from(number).to_be_bytes()
}

/// Malformed bodies of `multicall(bytes[])`, as words; `INNER` is a complete inner call.
fn malformed(inner: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let words = |numbers: &[u64]| -> Vec<u8> {
        numbers.iter().flat_map(|number| U256::from(*number).to_be_bytes::<32>()).collect()
    };
    let good = calldata("multicall(bytes[])", vec![V::Array(vec![V::Bytes(inner.to_vec())])]);
    let body = good.get(4..).unwrap_or_default().to_vec();
    let huge = [words(&[0x20]), U256::MAX.to_be_bytes::<32>().to_vec()].concat();
    vec![
        ("a list of unlimited length", huge),
        ("a list that is itself", words(&[0, 0, 0])),
        ("a list beyond the end", words(&[0x1000])),
        ("an offset that wraps", [U256::MAX.to_be_bytes::<32>().to_vec(), words(&[1, 0x20])].concat()),
        ("a member beyond the end", words(&[0x20, 1, 0x20, 0xffff])),
        (
            "two members that are one",
            [words(&[0x20, 2, 0x40, 0x40]), body.get(96..).unwrap_or_default().to_vec()].concat(),
        ),
        ("a gap before the list", [words(&[0x40, 7]), body.get(32..).unwrap_or_default().to_vec()].concat()),
        ("junk behind", [body.clone(), vec![0xff; 32]].concat()),
        ("the end cut off", body.get(..body.len().saturating_sub(32)).unwrap_or_default().to_vec()),
        ("nothing", Vec::new()),
    ]
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("nested multicall");
    let inners = [
        ("approve", "approve(address,uint256)"),
        ("transfer", "transfer(address,uint256)"),
        ("an unknown sweep", "sweepToken(address,uint256,address)"),
        ("a change of ownership", "transferOwnership(address)"),
    ];
    for signature in WRAPPERS {
        for (name, inner) in inners {
            for vouched in [false, true] {
                // A vouched wrapper around a vouched-for contract's own method is what the operator
                // asked for only where the decoder can see that the wallet gives nothing.
                if vouched && !signature.starts_with("multicall") {
                    continue;
                }
                let how = if vouched { "a named" } else { "an unnamed" };
                class.case(Needs::Nodes, format!("{name} in {how} {signature}"), move |target| async move {
                    let victim = if vouched { wrappers(&target).await? } else { contracts(&target).await? };
                    let thief = On::Evm.stranger();
                    let to = victim.contract.parse::<Address>()?;
                    let data = wrapped(signature, to, &bait(inner, &thief, U256::MAX)?);
                    let body = json!({
                        "type": "CONTRACT_CALL", "to": victim.contract,
                        "calldata": format!("0x{}", hex::encode(&data)),
                    });
                    let answer = victim.send(body).await?;
                    let loot = [Loot::Call(victim.contract.clone(), data)];
                    resisted(&target, &victim, &answer, &loot).await
                });
            }
        }
    }
    for depth in [2usize, 3, 5, 9, 33, 120] {
        class.case(Needs::Nodes, format!("an approval {depth} multicalls deep"), move |target| async move {
            let (victim, thief) = (wrappers(&target).await?, On::Evm.stranger());
            let mut data = bait("approve(address,uint256)", &thief, U256::MAX)?;
            for _ in 0..depth {
                data = calldata("multicall(bytes[])", vec![V::Array(vec![V::Bytes(data)])]);
            }
            send(&target, &victim, data).await
        });
    }
    for count in [2usize, 20, 200, 900] {
        class.case(
            Needs::Nodes,
            format!("an approval as the last of {count} harmless calls"),
            move |target| async move {
                let (victim, thief) = (wrappers(&target).await?, On::Evm.stranger());
                let mut calls = vec![V::Bytes(vec![0x12, 0x34, 0x56, 0x78]); count - 1];
                calls.push(V::Bytes(bait("approve(address,uint256)", &thief, U256::MAX)?));
                send(&target, &victim, calldata("multicall(bytes[])", vec![V::Array(calls)])).await
            },
        );
    }
    for (name, _) in malformed(&[]) {
        class.case(Needs::Nodes, format!("a multicall of {name}"), move |target| async move {
            let (victim, thief) = (wrappers(&target).await?, On::Evm.stranger());
            let inner = bait("approve(address,uint256)", &thief, U256::MAX)?;
            let Some((_, body)) = malformed(&inner).into_iter().find(|(known, _)| *known == name) else {
                return Ok(());
            };
            let selector = calldata("multicall(bytes[])", vec![V::Array(Vec::new())]);
            send(&target, &victim, [selector.get(..4).unwrap_or_default(), &body].concat()).await
        });
    }
    class
}

async fn send(
    target: &std::sync::Arc<crate::kit::Target>,
    victim: &crate::kit::Victim,
    data: Vec<u8>,
) -> Result<()> {
    let body = json!({
        "type": "CONTRACT_CALL", "to": victim.contract, "calldata": format!("0x{}", hex::encode(&data)),
    });
    let answer = victim.send(body).await?;
    resisted(target, victim, &answer, &[Loot::Call(victim.contract.clone(), data)]).await
}

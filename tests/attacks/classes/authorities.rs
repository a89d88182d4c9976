//! Power handed over: ownership, roles, upgrades, modules.
//!
//! A naive design sees a call of a listed contract without value, which moves nothing today.

use alloy_primitives::U256;
use serde_json::json;

use super::contracts;
use crate::kit::{Class, Loot, Needs, On, bait, resisted};

const CHANGES: [&str; 32] = [
    "transferOwnership(address)",
    "renounceOwnership()",
    "acceptOwnership()",
    "setOwner(address)",
    "setAdmin(address)",
    "setAuthority(address)",
    "setPendingAdmin(address)",
    "changeAdmin(address)",
    "setGovernance(address)",
    "setMinter(address)",
    "addMinter(address)",
    "grantRole(bytes32,address)",
    "revokeRole(bytes32,address)",
    "renounceRole(bytes32,address)",
    "beginDefaultAdminTransfer(address)",
    "upgradeTo(address)",
    "upgradeToAndCall(address,bytes)",
    "upgrade(address,address)",
    "setImplementation(address)",
    "diamondCut((address,uint8,bytes4[])[],address,bytes)",
    "addOwnerWithThreshold(address,uint256)",
    "swapOwner(address,address,address)",
    "removeOwner(address,address,uint256)",
    "changeThreshold(uint256)",
    "enableModule(address)",
    "setGuard(address)",
    "setFallbackHandler(address)",
    "approveHash(bytes32)",
    "setOperator(address,bool)",
    "setDelegate(address)",
    "registerSessionKey(address,uint256)",
    "setSigner(address)",
];

pub(crate) fn class() -> Class {
    let mut class = Class::new("authority changes");
    for signature in CHANGES {
        for (name, number) in [("", U256::MAX), (" in favour of a small number", U256::from(1u8))] {
            if !name.is_empty() && !signature.contains("uint") {
                continue;
            }
            class.case(Needs::Nodes, format!("{signature}{name}"), move |target| async move {
                let (victim, thief) = (contracts(&target).await?, On::Evm.stranger());
                let data = bait(signature, &thief, number)?;
                let body = json!({
                    "type": "CONTRACT_CALL", "to": victim.contract,
                    "calldata": format!("0x{}", hex::encode(&data)),
                });
                let answer = victim.send(body).await?;
                resisted(&target, &victim, &answer, &[Loot::Call(victim.contract.clone(), data)]).await
            });
        }
    }
    class
}

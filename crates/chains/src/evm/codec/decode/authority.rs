//! Methods that change control: ownership, roles, upgrades, the guards and owners of a Safe.

use alloy_primitives::Address;
use alloy_sol_types::sol;
use waiaas_core::effect::Effect;

use self::Authority::AuthorityCalls;
use super::account;
use super::reader::{Call, Reader, Recognised};
use super::strict::method;

sol! {
    #[sol(abi)]
    interface Authority {
        // Ownable, Ownable2Step and relatives
        function transferOwnership(address newOwner) external;
        function renounceOwnership() external;
        function acceptOwnership() external;
        function setOwner(address newOwner) external;
        function setAdmin(address newAdmin) external;
        function setAuthority(address newAuthority) external;
        function setPendingAdmin(address newAdmin) external;
        // AccessControl
        function grantRole(bytes32 role, address account) external;
        function revokeRole(bytes32 role, address account) external;
        function renounceRole(bytes32 role, address account) external;
        function beginDefaultAdminTransfer(address newAdmin) external;
        function acceptDefaultAdminTransfer() external;
        // EIP-1967 proxies, EIP-1822 and proxy admins
        function upgradeTo(address implementation) external;
        function upgradeToAndCall(address implementation, bytes data) external payable;
        function changeAdmin(address newAdmin) external;
        function upgrade(address proxy, address implementation) external;
        function upgradeAndCall(address proxy, address implementation, bytes data) external payable;
        function changeProxyAdmin(address proxy, address newAdmin) external;
        // ERC-777
        function authorizeOperator(address operator) external;
        function revokeOperator(address operator) external;
        // Safe
        function addOwnerWithThreshold(address owner, uint256 threshold) external;
        function swapOwner(address prevOwner, address oldOwner, address newOwner) external;
        function removeOwner(address prevOwner, address owner, uint256 threshold) external;
        function changeThreshold(uint256 threshold) external;
        function setGuard(address guard) external;
        function setModuleGuard(address guard) external;
        function enableModule(address module) external;
        function disableModule(address prevModule, address module) external;
        function setFallbackHandler(address handler) external;
        function changeMasterCopy(address masterCopy) external;
        function approveHash(bytes32 hashToApprove) external;
    }
}

pub(super) fn read(reader: &mut Reader<'_>, call: &Call<'_>) -> Recognised {
    let known = match method::<AuthorityCalls>(call.input)? {
        Ok(known) => known,
        Err(malformed) => return Some(Err(malformed)),
    };
    let (what, to) = describe(&known);
    reader.push(Effect::AuthorityChange {
        target: account(call.to),
        selector: call.selector(),
        to: to.map(account),
        what: what.to_owned(),
    });
    Some(Ok(()))
}

fn describe(known: &AuthorityCalls) -> (&'static str, Option<Address>) {
    use AuthorityCalls as C;
    match known {
        C::transferOwnership(c) => ("ownership of a contract", Some(c.newOwner)),
        C::renounceOwnership(_) => ("ownership of a contract is renounced", None),
        C::acceptOwnership(_) => ("ownership of a contract is accepted", None),
        C::setOwner(c) => ("ownership of a contract", Some(c.newOwner)),
        C::setAdmin(c) => ("administration of a contract", Some(c.newAdmin)),
        C::setAuthority(c) => ("authority over a contract", Some(c.newAuthority)),
        C::setPendingAdmin(c) => ("administration of a contract", Some(c.newAdmin)),
        C::grantRole(c) => ("a role is granted", Some(c.account)),
        C::revokeRole(_) => ("a role is revoked", None),
        C::renounceRole(_) => ("a role is given up", None),
        C::beginDefaultAdminTransfer(c) => ("administration of a contract", Some(c.newAdmin)),
        C::acceptDefaultAdminTransfer(_) => ("administration of a contract is accepted", None),
        C::upgradeTo(c) => ("a contract gets new code", Some(c.implementation)),
        C::upgradeToAndCall(c) => ("a contract gets new code", Some(c.implementation)),
        C::changeAdmin(c) => ("administration of a contract", Some(c.newAdmin)),
        C::upgrade(c) => ("a contract gets new code", Some(c.implementation)),
        C::upgradeAndCall(c) => ("a contract gets new code", Some(c.implementation)),
        C::changeProxyAdmin(c) => ("administration of a contract", Some(c.newAdmin)),
        C::authorizeOperator(c) => {
            ("control of the whole balance of a token, now and later", Some(c.operator))
        }
        C::revokeOperator(_) => ("an operator of a token is removed", None),
        C::addOwnerWithThreshold(c) => ("a Safe gets another owner", Some(c.owner)),
        C::swapOwner(c) => ("a Safe's owner is replaced", Some(c.newOwner)),
        C::removeOwner(_) => ("a Safe loses an owner", None),
        C::changeThreshold(_) => ("a Safe requires another number of owners", None),
        C::setGuard(c) => ("a Safe's guard", Some(c.guard)),
        C::setModuleGuard(c) => ("a Safe's guard", Some(c.guard)),
        C::enableModule(c) => ("a module may act for a Safe", Some(c.module)),
        C::disableModule(_) => ("a Safe loses a module", None),
        C::setFallbackHandler(c) => ("a Safe's fallback handler", Some(c.handler)),
        C::changeMasterCopy(c) => ("a contract gets new code", Some(c.masterCopy)),
        C::approveHash(_) => ("approval of a Safe's transaction, of which only the hash is known", None),
    }
}

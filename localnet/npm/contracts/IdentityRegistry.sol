// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC721} from "openzeppelin-5/token/ERC721/ERC721.sol";

/// What localnet needs of an ERC-8004 identity registry: agents are NFTs, ids count up from 0, and each
/// has a wallet that a transfer takes away.
contract IdentityRegistry is ERC721("Localnet Agents", "AGENT") {
    uint256 private next;
    mapping(uint256 => address) private wallets;

    /// Makes the caller an agent that is its own wallet.
    function register() external returns (uint256 agentId) {
        agentId = next++;
        wallets[agentId] = msg.sender;
        _mint(msg.sender, agentId);
    }

    /// Nobody, for an agent that has none or is none.
    function getAgentWallet(uint256 agentId) external view returns (address) {
        return wallets[agentId];
    }

    /// Nobody but the owner, who needs no proof here that the wallet is theirs.
    function setAgentWallet(uint256 agentId, address wallet) external {
        require(msg.sender == ownerOf(agentId), "not the owner");
        wallets[agentId] = wallet;
    }

    function _update(address to, uint256 agentId, address auth) internal override returns (address from) {
        from = super._update(to, agentId, auth);
        if (from != address(0)) {
            delete wallets[agentId];
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

/// What ERC-777 asks of the registry of ERC-1820: who answers for an account, as the account itself says.
contract Registry1820 {
    mapping(address => mapping(bytes32 => address)) private answers;

    event InterfaceImplementerSet(address indexed account, bytes32 indexed hash, address indexed implementer);

    function setInterfaceImplementer(address account, bytes32 hash, address implementer) external {
        require(account == address(0) || account == msg.sender, "not the manager");
        answers[msg.sender][hash] = implementer;
        emit InterfaceImplementerSet(msg.sender, hash, implementer);
    }

    function getInterfaceImplementer(address account, bytes32 hash) external view returns (address) {
        return answers[account == address(0) ? msg.sender : account][hash];
    }
}

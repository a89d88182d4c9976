// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

/// Says what only Permit2 may say: that an owner lets a spender have a token.
contract Announcer {
    event Approval(
        address indexed owner, address indexed token, address indexed spender, uint160 amount, uint48 expiration
    );

    function announce(address token, address spender, uint160 amount) external {
        emit Approval(msg.sender, token, spender, amount, type(uint48).max);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IERC1820Registry} from "@openzeppelin/contracts/utils/introspection/IERC1820Registry.sol";
import {IERC20} from "openzeppelin-5/token/ERC20/IERC20.sol";

/// A payee whom tokens of ERC-777 tell that they came, and who then takes what else the sender has allowed.
contract Greedy {
    IERC20 private immutable coveted;
    uint256 private immutable amount;

    constructor(IERC20 coveted_, uint256 amount_) {
        (coveted, amount) = (coveted_, amount_);
        IERC1820Registry registry = IERC1820Registry(0x1820a4B7618BdE71Dce8cdc73aAB6C95905faD24);
        registry.setInterfaceImplementer(address(this), keccak256("ERC777TokensRecipient"), address(this));
    }

    function tokensReceived(address, address from, address, uint256, bytes calldata, bytes calldata) external {
        coveted.transferFrom(from, address(this), amount);
    }
}

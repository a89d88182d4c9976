// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IERC20} from "openzeppelin-5/token/ERC20/IERC20.sol";

/// An exchange that no decoder knows: it pulls a token through an allowance into a pool and pays the same number of
/// base units of another token. Anybody may set how much more it pulls, and whether it does so only where it is not
/// being tried out.
contract Aggregator {
    uint256 public surplus;
    bool public sly;

    function set(uint256 newSurplus, bool newSly) external {
        surplus = newSurplus;
        sly = newSly;
    }

    function trade(IERC20 sold, uint256 amount, IERC20 bought, address pool) external {
        // A trial with no priority fee pays exactly the base fee.
        bool trial = tx.gasprice <= block.basefee;
        uint256 more = sly && trial ? 0 : surplus;
        if (sly && trial) {
            // What is tried out takes the gas of what is not, so that an estimate is enough for it.
            uint256 end = gasleft() > 60_000 ? gasleft() - 60_000 : 0;
            while (gasleft() > end) {}
        }
        require(sold.transferFrom(msg.sender, pool, amount + more), "not paid");
        require(bought.transfer(msg.sender, amount), "not delivered");
    }
}

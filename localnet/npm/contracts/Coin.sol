// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {ERC20} from "openzeppelin-5/token/ERC20/ERC20.sol";
import {ERC3009} from "openzeppelin-5/token/ERC20/extensions/draft-ERC3009.sol";
import {ERC20Permit} from "openzeppelin-5/token/ERC20/extensions/ERC20Permit.sol";

/// A token that can be moved by signature in both ways (EIP-2612 and EIP-3009), with its whole supply in the
/// deployer's hands. All of it is OpenZeppelin's.
contract Coin is ERC20("Localnet Coin", "COIN"), ERC20Permit("Localnet Coin"), ERC3009 {
    constructor(uint256 supply) {
        _mint(msg.sender, supply);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {ERC20} from "openzeppelin-5/token/ERC20/ERC20.sol";
import {IERC20} from "openzeppelin-5/token/ERC20/IERC20.sol";
import {ERC4626} from "openzeppelin-5/token/ERC20/extensions/ERC4626.sol";

/// A vault of one token (ERC-4626): it pulls what is deposited through an allowance and gives shares. All of it is
/// OpenZeppelin's.
contract Vault is ERC4626 {
    constructor(IERC20 token) ERC4626(token) ERC20("Localnet Vault", "vLOCAL") {}
}

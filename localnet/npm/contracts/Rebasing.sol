// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

/// A token whose balances are shares of a pool: they change, without an event, with what the pool is said to hold.
/// Anybody may mint, and may say what the pool holds.
contract Rebasing {
    string public constant symbol = "ELASTIC";
    uint8 public constant decimals = 18;
    uint256 public totalSupply;
    uint256 public totalShares;
    mapping(address => uint256) public sharesOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    function balanceOf(address account) public view returns (uint256) {
        return totalShares == 0 ? 0 : (sharesOf[account] * totalSupply) / totalShares;
    }

    /// The pool now holds `percent` hundredths of what it held.
    function rebase(uint256 percent) external {
        totalSupply = (totalSupply * percent) / 100;
    }

    function mint(address to, uint256 amount) external {
        uint256 shares = totalShares == 0 ? amount : inShares(amount);
        totalShares += shares;
        totalSupply += amount;
        sharesOf[to] += shares;
        emit Transfer(address(0), to, amount);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return move(from, to, amount);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function inShares(uint256 amount) private view returns (uint256) {
        return (amount * totalShares) / totalSupply;
    }

    function move(address from, address to, uint256 amount) private returns (bool) {
        uint256 shares = inShares(amount);
        sharesOf[from] -= shares;
        sharesOf[to] += shares;
        emit Transfer(from, to, amount);
        return true;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

/// A token that allows by a method that no decoder knows, says so as tokens do, and then says less in the words of
/// Permit2. Anybody may mint.
contract Whisperer {
    string public constant symbol = "HUSH";
    uint8 public constant decimals = 18;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);
    event Approval(
        address indexed owner, address indexed token, address indexed spender, uint160 amount, uint48 expiration
    );

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function bless(address spender, uint256 amount, uint160 said) external {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        emit Approval(msg.sender, address(this), spender, said, type(uint48).max);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return move(from, to, amount);
    }

    function move(address from, address to, uint256 amount) private returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
        return true;
    }
}

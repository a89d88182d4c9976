// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

/// A token that keeps a hundredth of each transfer for a collector. Anybody may mint, and may say from what it is
/// taken: out of the amount, on top of it, or on top of it without a word.
contract FeeOnTransfer {
    enum Taken {
        Within,
        OnTop,
        Silently
    }

    string public constant symbol = "TAXED";
    uint8 public constant decimals = 18;
    address public constant collector = address(0xC0);
    Taken public taken;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    function set(Taken now_) external {
        taken = now_;
    }

    function mint(address to, uint256 amount) external {
        totalSupply += amount;
        balanceOf[to] += amount;
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

    function move(address from, address to, uint256 amount) private returns (bool) {
        uint256 fee = amount / 100;
        uint256 arriving = taken == Taken.Within ? amount - fee : amount;
        balanceOf[from] -= arriving + fee;
        balanceOf[to] += arriving;
        balanceOf[collector] += fee;
        emit Transfer(from, to, arriving);
        if (taken != Taken.Silently) emit Transfer(from, collector, fee);
        return true;
    }
}

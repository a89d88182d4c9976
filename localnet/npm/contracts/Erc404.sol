// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

/// An ERC-20 and an ERC-721 in one (ERC-404): each whole token of an account has an NFT. Where a method takes an
/// amount or an id, a number up to the last id is an id. Amounts are announced by an event of their own, and
/// `Transfer` carries an id. Anybody may mint.
contract Erc404 {
    string public constant symbol = "HYBRID";
    uint8 public constant decimals = 18;
    uint256 public constant WHOLE = 10 ** 18;
    uint256 public minted;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => mapping(address => bool)) public isApprovedForAll;
    mapping(uint256 => address) public ownerOf;
    mapping(uint256 => address) public getApproved;
    mapping(address => uint256[]) private held;
    mapping(uint256 => uint256) private place;

    event ERC20Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);
    event Transfer(address indexed from, address indexed to, uint256 indexed id);
    event ERC721Approval(address indexed owner, address indexed spender, uint256 indexed id);
    event ApprovalForAll(address indexed owner, address indexed operator, bool approved);

    function mint(address to, uint256 amount) external {
        totalSupply += amount;
        balanceOf[to] += amount;
        emit ERC20Transfer(address(0), to, amount);
        settle(to);
    }

    function approve(address spender, uint256 amountOrId) external returns (bool) {
        if (amountOrId != 0 && amountOrId <= minted) {
            require(ownerOf[amountOrId] == msg.sender, "not yours");
            getApproved[amountOrId] = spender;
            emit ERC721Approval(msg.sender, spender, amountOrId);
        } else {
            allowance[msg.sender][spender] = amountOrId;
            emit Approval(msg.sender, spender, amountOrId);
        }
        return true;
    }

    function setApprovalForAll(address operator, bool approved) external {
        isApprovedForAll[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amountOrId) external returns (bool) {
        bool own = msg.sender == from || isApprovedForAll[from][msg.sender];
        if (amountOrId == 0 || amountOrId > minted) {
            if (!own) allowance[from][msg.sender] -= amountOrId;
            return move(from, to, amountOrId);
        }
        require(ownerOf[amountOrId] == from, "not theirs");
        require(own || getApproved[amountOrId] == msg.sender, "not allowed");
        balanceOf[from] -= WHOLE;
        balanceOf[to] += WHOLE;
        emit ERC20Transfer(from, to, WHOLE);
        drop(from, amountOrId);
        take(to, amountOrId);
        emit Transfer(from, to, amountOrId);
        return true;
    }

    function move(address from, address to, uint256 amount) private returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit ERC20Transfer(from, to, amount);
        settle(from);
        settle(to);
        return true;
    }

    /// As many NFTs as whole tokens: the others are burnt, missing ones are made.
    function settle(address account) private {
        uint256 due = balanceOf[account] / WHOLE;
        while (held[account].length > due) {
            uint256 id = held[account][held[account].length - 1];
            drop(account, id);
            emit Transfer(account, address(0), id);
        }
        while (held[account].length < due) {
            take(account, ++minted);
            emit Transfer(address(0), account, minted);
        }
    }

    function take(address account, uint256 id) private {
        ownerOf[id] = account;
        place[id] = held[account].length;
        held[account].push(id);
    }

    function drop(address account, uint256 id) private {
        uint256 last = held[account][held[account].length - 1];
        held[account][place[id]] = last;
        place[last] = place[id];
        held[account].pop();
        delete ownerOf[id];
        delete getApproved[id];
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC721} from "openzeppelin-5/token/ERC721/IERC721.sol";

/// What localnet needs of an ERC-8004 reputation registry: feedback with tags, taken back by whoever gave
/// it, and the average of what the clients asked about have said.
contract ReputationRegistry {
    struct Feedback {
        address client;
        int128 value;
        uint8 decimals;
        bool revoked;
        bytes32 tag1;
        bytes32 tag2;
    }

    struct Summary {
        int256 sum;
        uint64 count;
        uint8 decimals;
    }

    bytes32 private constant ANY = keccak256("");
    address private immutable IDENTITY;
    mapping(uint256 => Feedback[]) private given;
    mapping(uint256 => mapping(address => uint256[])) private places;

    constructor(address identity) {
        IDENTITY = identity;
    }

    function getIdentityRegistry() external view returns (address) {
        return IDENTITY;
    }

    /// Where feedback is published, and its digest, are not kept.
    function giveFeedback(
        uint256 agentId,
        int128 value,
        uint8 decimals,
        string calldata tag1,
        string calldata tag2,
        string calldata,
        string calldata,
        bytes32
    ) external {
        require(decimals <= 18, "too many decimals");
        require(IERC721(IDENTITY).ownerOf(agentId) != msg.sender, "praise of oneself");
        places[agentId][msg.sender].push(given[agentId].length);
        bytes32 first = keccak256(bytes(tag1));
        given[agentId].push(Feedback(msg.sender, value, decimals, false, first, keccak256(bytes(tag2))));
    }

    /// The caller's feedback number `index`, counted from 1.
    function revokeFeedback(uint256 agentId, uint64 index) external {
        given[agentId][places[agentId][msg.sender][index - 1]].revoked = true;
    }

    /// The average, in the most decimals that any of the feedback has. An empty tag is every tag.
    function getSummary(uint256 agentId, address[] calldata clients, string calldata tag1, string calldata tag2)
        external
        view
        returns (uint64 count, int128 value, uint8 decimals)
    {
        require(clients.length > 0, "whose feedback");
        bytes32[2] memory tags = [keccak256(bytes(tag1)), keccak256(bytes(tag2))];
        Summary memory all;
        for (uint256 i; i < clients.length; i++) {
            add(all, agentId, clients[i], tags);
        }
        if (all.count == 0) return (0, 0, 0);
        int256 average = all.sum / int256(uint256(all.count)) / int256(10 ** (18 - all.decimals));
        return (all.count, int128(average), all.decimals);
    }

    function add(Summary memory all, uint256 agentId, address client, bytes32[2] memory tags) private view {
        uint256[] storage at = places[agentId][client];
        for (uint256 i; i < at.length; i++) {
            Feedback memory one = given[agentId][at[i]];
            if (one.revoked || !has(one.tag1, tags[0]) || !has(one.tag2, tags[1])) continue;
            all.sum += int256(one.value) * int256(10 ** (18 - one.decimals));
            all.decimals = one.decimals > all.decimals ? one.decimals : all.decimals;
            all.count++;
        }
    }

    function has(bytes32 tag, bytes32 wanted) private pure returns (bool) {
        return wanted == ANY || wanted == tag;
    }
}

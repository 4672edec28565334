// Control messages between members of a cluster; bytes <-> values (docs/architecture/cluster.md, "The register").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "cluster/claim.hpp"
#include "wire/code.hpp"
#include "wire/control_error.hpp"

namespace ferrotunnel::cluster {

using RequestId = std::uint64_t;

/// The first message of both ends of a link.
struct Hello {
    std::string member;
    std::uint64_t incarnation = 0;  // random at each start of the process
    std::uint64_t digest = 0;       // of the sender's list
    std::uint64_t features = 0;
    std::string agent;  // name and version of the software
};

/// All claims of the sender follow; those that the receiver has and that are not among them end at SyncEnd.
struct SyncBegin {};
struct SyncEnd {};

/// The sender has these names; or has had them, and they are reserved.
struct Have {
    struct Reserved {
        Name name;
        wire::TokenId token{};
        std::uint64_t milliseconds = 0;  // left
    };
    std::vector<Claim> claims;
    std::vector<Reserved> reserved;
};
/// The sender no longer has the name; it stays reserved for its token for so long.
struct Gone {
    Name name;
    std::uint64_t milliseconds = 0;
};

/// To the home: may this owner have the name at the sender?
struct ClaimRequest {
    RequestId request = 0;
    Name name;
    Owner owner;
};
struct Granted {
    RequestId request = 0;
    Since since = 0;
};
struct Refused {
    RequestId request = 0;
    wire::Code code = wire::Code::none;
    std::string text;  // for the user of the client
};

/// From the home to a member that has the name: does the owner's client answer?
struct Probe {
    RequestId request = 0;
    Name name;
    Owner owner;
};
struct Probed {
    RequestId request = 0;
    bool answers = false;  // also false if the member no longer has the name
};
/// From the home to a member that has the name: another owner has it now.
struct Lost {
    Name name;
    Owner owner;  // who has lost it
};

using Message =
    std::variant<Hello, SyncBegin, SyncEnd, Have, Gone, ClaimRequest, Granted, Refused, Probe, Probed, Lost>;

/// A CBOR map; at most limits::message_max bytes if a Have has at most limits::claims_per_message entries.
std::vector<std::uint8_t> encode(const Message& message);
Result<Message, wire::ControlError> decode(Bytes bytes);

}  // namespace ferrotunnel::cluster

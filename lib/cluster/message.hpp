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
    std::uint64_t incarnation = 0;     // random at each start of the process
    std::vector<std::string> members;  // the sender's list
    bool recovering = false;           // as home it does not know yet what others have
    std::uint64_t features = 0;
    std::string agent;  // name and version of the software
};

/// All claims of the sender follow; those that the receiver has and that are not among them end at SyncEnd.
struct SyncBegin {};
struct SyncEnd {};

/// The sender has these names. With `of`: what that other member has told the sender, for a home that recovers.
struct Have {
    std::optional<std::string> of;
    std::vector<Claim> claims;
};
/// Names that nobody has, and that stay reserved for a token.
struct Reserved {
    struct One {
        Name name;
        wire::TokenId token{};
        std::uint64_t milliseconds = 0;  // left
    };
    std::vector<One> names;
};
/// The sender no longer has the name; it stays reserved for its token for so long.
struct Gone {
    Name name;
    Since since = 0;
    std::uint64_t milliseconds = 0;
};

/// To the home: may this owner have the name at the sender?
struct ClaimRequest {
    RequestId request = 0;
    Name name;
    Owner owner;
    std::uint64_t terms = 0;
};
/// To the home: the request has lost its asker. A Granted on its way is answered with Gone.
struct Cancel {
    RequestId request = 0;
};
struct Granted {
    RequestId request = 0;
    Since since = 0;
    Since over = 0;
};
struct Refused {
    RequestId request = 0;
    wire::Code code = wire::Code::none;
    bool is_temporary = false;
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
    Since since = 0;  // of the claim that has ended
};

using Message = std::variant<Hello, SyncBegin, SyncEnd, Have, Reserved, Gone, ClaimRequest, Cancel, Granted, Refused,
                             Probe, Probed, Lost>;

/// A CBOR map; at most limits::message_max bytes if a Have has at most limits::claims_per_message entries.
std::vector<std::uint8_t> encode(const Message& message);
Result<Message, wire::ControlError> decode(Bytes bytes);

}  // namespace ferrotunnel::cluster

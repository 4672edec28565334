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
    std::string agent;  // name and version of the software; at most limits::agent_text_max bytes

    friend bool operator==(const Hello&, const Hello&) = default;
};

/// All claims of the sender follow; those that the receiver has and that are not among them end at SyncEnd.
struct SyncBegin {
    friend bool operator==(const SyncBegin&, const SyncBegin&) = default;
};
struct SyncEnd {
    friend bool operator==(const SyncEnd&, const SyncEnd&) = default;
};

/// The sender has these names; or has had them, and they are reserved. At most limits::claims_per_message of both.
struct Have {
    struct Reserved {
        Name name;
        wire::TokenId token{};
        std::uint64_t milliseconds = 0;  // left; at most limits::reservation_milliseconds_max

        friend bool operator==(const Reserved&, const Reserved&) = default;
    };
    std::vector<Claim> claims;
    std::vector<Reserved> reserved;

    friend bool operator==(const Have&, const Have&) = default;
};
/// The sender no longer has the name; it stays reserved for its token for so long.
struct Gone {
    Name name;
    std::uint64_t milliseconds = 0;  // at most limits::reservation_milliseconds_max

    friend bool operator==(const Gone&, const Gone&) = default;
};

/// To the home: may this owner have the name at the sender?
struct ClaimRequest {
    RequestId request = 0;
    Name name;
    Owner owner;

    friend bool operator==(const ClaimRequest&, const ClaimRequest&) = default;
};
struct Granted {
    RequestId request = 0;
    Since since = 0;

    friend bool operator==(const Granted&, const Granted&) = default;
};
struct Refused {
    RequestId request = 0;
    wire::Code code = wire::Code::none;  // never `none` when it is sent; perhaps one that this version does not know
    std::string text;                    // for the user of the client; encode() makes it printable and cuts it

    friend bool operator==(const Refused&, const Refused&) = default;
};

/// From the home to a member that has the name: does the owner's client answer?
struct Probe {
    RequestId request = 0;
    Name name;
    Owner owner;

    friend bool operator==(const Probe&, const Probe&) = default;
};
struct Probed {
    RequestId request = 0;
    bool answers = false;  // also false if the member no longer has the name

    friend bool operator==(const Probed&, const Probed&) = default;
};
/// From the home to a member that has the name: another owner has it now.
struct Lost {
    Name name;
    Owner owner;  // that has lost it

    friend bool operator==(const Lost&, const Lost&) = default;
};

using Message =
    std::variant<Hello, SyncBegin, SyncEnd, Have, Gone, ClaimRequest, Granted, Refused, Probe, Probed, Lost>;

/// A CBOR map with the message's type under "t"; at most limits::message_max bytes. The values must be within their
/// bounds: the decoder has them.
std::vector<std::uint8_t> encode(const Message& message);
/// Unknown keys are ignored. Anything else that does not follow the rules, and an unknown type, is an error.
Result<Message, wire::ControlError> decode(Bytes bytes);

}  // namespace ferrotunnel::cluster

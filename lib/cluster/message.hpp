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
#include "cluster/decides.hpp"
#include "wire/code.hpp"
#include "wire/control_error.hpp"

namespace ferrotunnel::cluster {

using RequestId = std::uint64_t;

/// Bits of Hello::features: what a member understands beyond the first version.
namespace feature {
inline constexpr std::uint64_t values = 1U << 0;    // `value`
inline constexpr std::uint64_t store = 1U << 1;     // it asks etcd about names
inline constexpr std::uint64_t homes = 1U << 2;     // with `store`: it asks homes as well, and is one
inline constexpr std::uint64_t announced = values;  // by all; `store` and `homes` besides, where they apply

constexpr std::uint64_t of(Decides decides) noexcept {
    return (by_store(decides) ? store : 0) | (decides == Decides::both ? homes : 0);
}
/// Members of versions that have no store announce neither bit.
constexpr Decides decides(std::uint64_t features) noexcept {
    return (features & store) == 0 ? Decides::homes : (features & homes) != 0 ? Decides::both : Decides::store;
}
}  // namespace feature

/// The first message of both ends of a link.
struct Hello {
    std::string member;                // one of `members`
    std::uint64_t incarnation = 0;     // random at each start of the process
    std::vector<std::string> members;  // the sender's list, in the order of the names
    bool recovering = false;           // as home it does not know yet what others have
    std::uint64_t features = 0;
    std::string agent;  // name and version of the software; encode() makes it printable and cuts it

    friend bool operator==(const Hello&, const Hello&) = default;
};

/// All claims of the sender follow; those that the receiver has and that are not among them end at SyncEnd.
struct SyncBegin {
    friend bool operator==(const SyncBegin&, const SyncBegin&) = default;
};
struct SyncEnd {
    friend bool operator==(const SyncEnd&, const SyncEnd&) = default;
};

/// The sender has these names, 1 to limits::claims_per_message. With `of`: what that other member has told the sender,
/// for a home that recovers.
struct Have {
    std::optional<std::string> of;
    std::vector<Claim> claims;

    friend bool operator==(const Have&, const Have&) = default;
};
/// Names that nobody has, and that stay reserved for a token; 1 to limits::claims_per_message.
struct Reserved {
    struct One {
        Name name;
        wire::TokenId token{};
        std::uint64_t milliseconds = 0;  // left; at most limits::reservation_max

        friend bool operator==(const One&, const One&) = default;
    };
    std::vector<One> names;

    friend bool operator==(const Reserved&, const Reserved&) = default;
};
/// The sender no longer has the name; it stays reserved for its token for so long.
struct Gone {
    Name name;
    Since since = 0;
    std::uint64_t milliseconds = 0;  // at most limits::reservation_max

    friend bool operator==(const Gone&, const Gone&) = default;
};

/// To the home: may this owner have the name at the sender?
struct ClaimRequest {
    RequestId request = 0;
    Name name;
    Owner owner;
    std::uint64_t terms = 0;

    friend bool operator==(const ClaimRequest&, const ClaimRequest&) = default;
};
/// To the home: the request has lost its asker. A Granted on its way is answered with Gone.
struct Cancel {
    RequestId request = 0;

    friend bool operator==(const Cancel&, const Cancel&) = default;
};
struct Granted {
    RequestId request = 0;
    Since since = 0;
    Since over = 0;

    friend bool operator==(const Granted&, const Granted&) = default;
};
struct Refused {
    RequestId request = 0;
    wire::Code code = wire::Code::none;  // is never sent; perhaps a code that this version does not know
    bool is_temporary = false;
    std::string text;  // for the user of the client; encode() makes it printable and cuts it

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
    Since since = 0;  // of the claim that has ended

    friend bool operator==(const Lost&, const Lost&) = default;
};

/// A shared value was set or removed (cluster/shared_values.hpp). Only to members with feature::values.
struct Value {
    std::string key;                    // printable, 1 to limits::value_key_max bytes
    Since time = 0;                     // of the change
    std::string member;                 // that has made it
    std::optional<std::string> text{};  // any bytes, at most limits::value_text_max; none: removed
    std::uint64_t milliseconds = 0;     // until it ends by itself; 0: it does not

    friend bool operator==(const Value&, const Value&) = default;
};

using Message = std::variant<Hello, SyncBegin, SyncEnd, Have, Reserved, Gone, ClaimRequest, Cancel, Granted, Refused,
                             Probe, Probed, Lost, Value>;

/// A CBOR map with the message's type under "t"; at most limits::message_max bytes. The values must be within the
/// bounds that decode() checks.
std::vector<std::uint8_t> encode(const Message& message);
/// Unknown keys are ignored. Anything else that does not follow the rules, and an unknown type, is an error.
Result<Message, wire::ControlError> decode(Bytes bytes);

}  // namespace ferrotunnel::cluster

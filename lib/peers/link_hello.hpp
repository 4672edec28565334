// First control message of both ends of a link: version, purpose, features. Sans-IO.
//
// A map of the CBOR subset of control messages, with the keys `version`, `kind` (of the dialling end only) and
// `features`. Unknown keys are ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "wire/control_error.hpp"

namespace ferrotunnel::peers {

/// What a link is for: the register's messages, visitors, or the request that the other member dials at once.
enum class LinkKind : std::uint8_t { control, data, call };

struct LinkHello {
    static constexpr std::uint64_t version = 1;

    std::optional<LinkKind> kind{};  // empty: from the end that has accepted the connection
    std::uint64_t features = 0;

    friend bool operator==(const LinkHello&, const LinkHello&) = default;
};

std::vector<std::uint8_t> encode_link_hello(const LinkHello& hello);
/// Another version, an unknown kind, and anything that is not such a map is an error.
Result<LinkHello, wire::ControlError> read_link_hello(Bytes message);

}  // namespace ferrotunnel::peers

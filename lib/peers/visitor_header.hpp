// What one member of a cluster tells another about a visitor: the metadata of the OPEN that forwards it. Sans-IO.
//
// The frame itself has the kind, the visitor's address, and as `service` the number of a public port; the rest is a map
// of the CBOR subset of control messages (docs/architecture/cluster.md, "Forwarding").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/key_group.hpp"
#include "login/token.hpp"

namespace ferrotunnel::peers {

struct VisitorHeader {
    // Of kind http.
    bool https = false;
    bool trusted = false;  // a proxy that the entry trusts
    KeyGroup key_group = KeyGroup::none;
    bool certificate = false;  // the fields about its client certificate in its heads are the entry's
    // Of kind tls: the requested name; empty: none.
    std::string host{};
    // Of kind private_tcp: the private service, the token that it belongs to, and the token that asks.
    std::string service{};
    std::optional<login::TokenId> of_token{};
    std::optional<login::TokenId> by_token{};

    friend bool operator==(const VisitorHeader&, const VisitorHeader&) = default;
};

/// At most limits::open_metadata_max bytes; empty if everything has its default. A text that could not be read there is
/// made printable, and cut at its limit: no service has such a name.
std::vector<std::uint8_t> encode_visitor_header(const VisitorHeader& header);

/// Unknown keys are ignored. Empty if a known one has a value of another form: the visitor is refused, since a part of
/// what the entry knew about it would be lost.
std::optional<VisitorHeader> read_visitor_header(Bytes bytes);

}  // namespace ferrotunnel::peers

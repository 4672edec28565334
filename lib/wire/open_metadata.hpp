// Metadata of an OPEN about the visitor besides its address: a CBOR map with optional keys. docs/protocol.md, section
// 2.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace ferrotunnel::wire {

struct OpenMetadata {
    std::string host{};     // for services of kind tls: the name that the visitor requested; empty: none
    std::string service{};  // of a client's OPEN: the private service that it visits; empty: none
    std::string token{};    // likewise: the token of the service's client; empty: the visitor's own

    friend bool operator==(const OpenMetadata&, const OpenMetadata&) = default;
};

/// At most limits::open_metadata_max bytes; empty if there is no metadata.
std::vector<std::uint8_t> encode_open_metadata(const OpenMetadata& metadata);

/// Invalid entries are ignored, since none is needed to carry the stream.
OpenMetadata read_open_metadata(Bytes bytes);

}  // namespace ferrotunnel::wire

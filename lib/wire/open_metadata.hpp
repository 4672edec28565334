// What an OPEN says of the visitor beside its address: a CBOR map with optional keys. docs/protocol.md, section 2.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace ferrotunnel::wire {

struct OpenMetadata {
    std::string host;  // of services of kind tls: the name that the visitor asked for; empty: none

    friend bool operator==(const OpenMetadata&, const OpenMetadata&) = default;
};

/// At most limits::open_metadata_max bytes; none where there is nothing to say.
std::vector<std::uint8_t> encode_open_metadata(const OpenMetadata& metadata);

/// What can not be understood is left out: nothing in it is needed to carry the stream.
OpenMetadata read_open_metadata(Bytes bytes);

}  // namespace ferrotunnel::wire

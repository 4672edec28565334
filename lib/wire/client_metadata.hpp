// Metadata of a client: texts under keys, which its user chooses. The map `metadata` of a client's hello, defined in
// docs/protocol.md. It proves nothing, and reaches a server before the client has proved its token.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "wire/cbor.hpp"
#include "wire/control_error.hpp"

namespace ferrotunnel::limits {

/// Pairs of a client's metadata: as many as a person reads in a status.
inline constexpr std::size_t client_metadata_pairs_max = 16;
inline constexpr std::size_t client_metadata_key_max = 64;
inline constexpr std::size_t client_metadata_value_max = 256;
/// Bytes of all keys and values. A server keeps them for each of its unauthenticated connections, and a hello, which
/// has at most control_payload_unauthenticated_max bytes, has room for them beside everything else.
inline constexpr std::size_t client_metadata_bytes_max = 1'024;

}  // namespace ferrotunnel::limits

namespace ferrotunnel::wire {

class FieldReader;

/// Values by their keys.
using ClientMetadata = std::map<std::string, std::string>;

/// What is wrong with metadata, worded to follow its name; nullopt if a server accepts it. Keys are letters, digits,
/// '.', '_' and '-'; values are printable, and may be empty.
std::optional<ControlError> fault_of(const ClientMetadata& metadata);

/// Writes the map. `metadata` has no fault.
void write_client_metadata(cbor::Writer& writer, const ClientMetadata& metadata);

/// Reads the optional key `metadata` of a client's hello.
void read_client_metadata(FieldReader& hello, ClientMetadata& metadata);

}  // namespace ferrotunnel::wire

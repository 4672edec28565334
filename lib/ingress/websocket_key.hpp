// The two fields by which both ends of an HTTP/1.1 WebSocket confirm each other (RFC 6455, 4.1). HTTP/2 visitors do not
// send them (RFC 8441, 5), so the edge does, as the backend's client.
#pragma once

#include <string>
#include <string_view>

#include "base/random.hpp"

namespace ferrotunnel::ingress {

/// An unpredictable value of Sec-WebSocket-Key; without a source it is always the same.
std::string new_websocket_key(Random* random);

/// The value of Sec-WebSocket-Accept that answers it. Throws std::bad_alloc if there is no SHA-1.
std::string websocket_accept_of(std::string_view key);

}  // namespace ferrotunnel::ingress

// The two fields by which both ends of a WebSocket of HTTP/1.1 show that they mean one (RFC 6455, 4.1). Visitors of
// HTTP/2 do not send them (RFC 8441, 5), so the edge does, as the client that it is to the backend.
#pragma once

#include <string>
#include <string_view>

#include "base/random.hpp"

namespace ferrotunnel::ingress {

/// A value of Sec-WebSocket-Key that nobody can foresee; without a source it is always the same.
std::string new_websocket_key(Random* random);

/// The value of Sec-WebSocket-Accept that answers it. Throws std::bad_alloc where there is no SHA-1.
std::string websocket_accept_of(std::string_view key);

}  // namespace ferrotunnel::ingress

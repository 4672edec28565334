// Content types of request bodies that are streams of messages, sent whenever there is data.
#pragma once

#include <string_view>

namespace ferrotunnel::exchange {

/// Whether a body of this Content-Type may be silent for any time: gRPC, gRPC-Web, Connect's streams (not its unary
/// calls), lines of JSON, server-sent events and the like. A longer type that only begins with one of these does not
/// match.
bool is_streaming_type(std::string_view content_type) noexcept;

}  // namespace ferrotunnel::exchange

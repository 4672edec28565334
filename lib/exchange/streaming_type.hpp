// Content types of requests whose bodies are streams of messages: they are sent when there is something to say.
#pragma once

#include <string_view>

namespace ferrotunnel::exchange {

/// Whether a body of this Content-Type may be silent for as long as its sender likes: gRPC, gRPC-Web, Connect's streams
/// (not its unary calls), lines of JSON, server-sent events and their like. A type that only begins with one of these
/// is another one.
bool is_streaming_type(std::string_view content_type) noexcept;

}  // namespace ferrotunnel::exchange

// Common code of the two kinds of sealed ends: connections (sealed_pump.hpp) and datagrams (sealed_datagrams.hpp).
#pragma once

#include <string>

#include "mux/stream.hpp"
#include "transport/sealed.hpp"

namespace ferrotunnel::trunk {

inline constexpr const char* late_text = "the other client did not respond in time";
inline constexpr const char* ended_early_text = "the other client ended it before the key was verified";
inline constexpr const char* cut_text = "the received data was altered or cut off on the way";

/// Why a visit failed whose stream was ended by the server or the other client. A part of a sentence.
std::string describe_end(const mux::StreamEnd& stream_end);

/// Queues output for the peer; flush() follows. False if there was none.
bool send_sealed_output(transport::Sealed& sealed, mux::Stream& stream);

}  // namespace ferrotunnel::trunk

// Common code of the two kinds of sealed ends: connections (sealed_pump.hpp) and datagrams (sealed_datagrams.hpp).
#pragma once

#include <string>

#include "mux/stream.hpp"
#include "transport/sealed.hpp"

namespace ferrotunnel::trunk {

inline constexpr const char* words_late = "the other client did not respond in time";
inline constexpr const char* words_ended_early = "the other client ended it before the key was verified";
inline constexpr const char* words_cut = "the received data was altered or cut off on the way";

/// Why a visit failed whose stream was ended by the server or the other client. A part of a sentence.
std::string words_for(const mux::Verdict& verdict);

/// Queues output for the peer; flush() follows. False: there was none.
bool send_what_is_sealed(transport::Sealed& sealed, mux::Stream& stream);

}  // namespace ferrotunnel::trunk

// HTTP/2 itself is libnghttp2's: frames, HPACK, flow control and the states of streams. This room holds what is ours
// around it, for both ends: the server's towards visitors, the client's towards backends.
#pragma once

#include <nghttp2/nghttp2.h>
#include <cstdint>
#include <memory>
#include <string_view>

namespace ferrotunnel::h2 {

struct EndSession {
    void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
};

/// One connection's state in the library. Not thread safe: one worker's.
using Session = std::unique_ptr<nghttp2_session, EndSession>;

/// A field for the library, which copies it; it changes nothing of the texts. A value that is another one in each
/// message is kept out of the table of HPACK: it would push out what comes again, and the library looks through all
/// values of a name whenever that name is said.
inline nghttp2_nv field_of(std::string_view name, std::string_view value) noexcept {
    const auto bytes = [](std::string_view text) {
        auto* const at = const_cast<char*>(text.data());  // allowed: the library changes nothing there
        return reinterpret_cast<std::uint8_t*>(at);
    };
    const bool is_said_once = name == "x-request-id";
    return {bytes(name), bytes(value), name.size(), value.size(),
            static_cast<std::uint8_t>(is_said_once ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)};
}

}  // namespace ferrotunnel::h2

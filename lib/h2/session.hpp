// HTTP/2 sessions of libnghttp2, which does frames, HPACK, flow control and stream states. This layer adds our own part
// for both ends: the server's towards visitors, the client's towards backends.
#pragma once

#include <nghttp2/nghttp2.h>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

#include "base/free_with.hpp"

namespace ferrotunnel::h2 {

/// One connection's state in the library. Not thread-safe: it belongs to one worker.
using Session = std::unique_ptr<nghttp2_session, FreeWith<nghttp2_session_del>>;
using CallbacksPtr = std::unique_ptr<nghttp2_session_callbacks, FreeWith<nghttp2_session_callbacks_del>>;
using OptionPtr = std::unique_ptr<nghttp2_option, FreeWith<nghttp2_option_del>>;

/// Throws if the library could not create an object, which only happens without memory.
inline void require(int result) {
    if (result != 0) {
        throw std::bad_alloc();
    }
}

/// A field for the library, which copies it and does not change the texts. A value that differs in each message is kept
/// out of the HPACK table: it would displace recurring ones, and the library searches all values of a name whenever
/// that name is sent.
inline nghttp2_nv field_of(std::string_view name, std::string_view value) noexcept {
    const auto bytes = [](std::string_view text) {
        auto* const at = const_cast<char*>(text.data());  // allowed: the library only reads the text
        return reinterpret_cast<std::uint8_t*>(at);
    };
    const bool is_never_indexed = name == "x-request-id";
    return {bytes(name), bytes(value), name.size(), value.size(),
            static_cast<std::uint8_t>(is_never_indexed ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)};
}

}  // namespace ferrotunnel::h2

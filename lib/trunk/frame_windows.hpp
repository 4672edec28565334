// Windows in a slab that pumps read into: each holds one frame's payload, with room for the frame's header before it,
// so that header and payload are sent in one piece and nothing is copied.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "buffer/slab.hpp"
#include "mux/stream.hpp"

namespace ferrotunnel::trunk {

inline constexpr std::size_t frame_bytes = limits::frame_header_bytes + limits::data_payload_max;
inline constexpr std::size_t windows_per_slab = buffer::slab_bytes / frame_bytes;

/// The windows that one read may fill. Valid as long as the slab.
class Windows {
public:
    /// Covers the whole slab (`bulk`) or one frame; less if the stream's session has much queued, or if no more bytes
    /// may arrive.
    Windows(buffer::Slab& slab, const mux::Stream& stream, bool bulk,
            std::size_t bytes_max = limits::send_queue_max) noexcept {
        const std::size_t most = std::min<std::size_t>(stream.read_size_max(), bytes_max);
        const std::size_t size = std::min(limits::data_payload_max, most);
        count_ = bulk && most >= limits::send_queue_max ? windows_per_slab : 1;
        for (std::size_t i = 0; i < count_; ++i) {
            windows_[i] = {slab.data() + i * frame_bytes + limits::frame_header_bytes, size};
        }
    }

    std::span<const MutableBytes> pieces() const noexcept { return std::span(windows_).first(count_); }
    std::size_t bytes() const noexcept { return count_ * windows_[0].size(); }

private:
    std::array<MutableBytes, windows_per_slab> windows_;
    std::size_t count_;
};

/// Queues the first `bytes` bytes of the slab's windows. Queued windows pin the slab until they are sent, so a few
/// bytes are copied instead. If sending has stalled, or the trunk is behind, anything that fills less than half of the
/// slab is copied too: otherwise a visitor whose stream is not read could pin a slab with every 4 KiB that it sends.
inline void send_frames(mux::Stream& stream, buffer::SlabPtr slab, std::size_t bytes) {
    if (bytes == 0) {
        return;
    }
    const auto may_wait = [&] { return stream.queued_bytes() != 0 || stream.is_trunk_behind(); };
    if (bytes < limits::copy_below || (bytes < buffer::slab_bytes / 2 && may_wait())) {
        std::size_t frames = (bytes + limits::data_payload_max - 1) / limits::data_payload_max;
        std::size_t size = bytes + frames * limits::frame_header_bytes;
        buffer::SlabPtr packed = buffer::make_slab(static_cast<std::uint32_t>(size));
        std::memcpy(packed->data(), slab->data(), size);
        slab = std::move(packed);
    }
    for (std::size_t at = limits::frame_header_bytes; bytes > 0; at += frame_bytes) {
        std::size_t n = std::min(bytes, limits::data_payload_max);
        stream.send({slab, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(n)}, true);
        bytes -= n;
    }
    stream.flush();
}

}  // namespace ferrotunnel::trunk

// Scanner for the heads of frames in a visitor's bytes, so that frames are counted before they are processed; the
// library does not report all that it skips. It reads no more of a frame than its head.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ferrotunnel::h2 {

struct FrameHead {
    std::uint32_t size = 0;  // of its payload
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::int32_t stream = 0;
    std::int32_t depends_on = -1;  // for a PRIORITY frame: the stream that it names
};

class FrameScan {
public:
    /// Removes bytes from the front of `bytes`, up to the end of the next head; false if they end before it.
    bool next(std::string_view& bytes, FrameHead& head) noexcept;
    /// Whether the bytes so far end within the head of a message: within HEADERS, or before the last CONTINUATION.
    bool is_in_message_head() const noexcept { return in_message_head_ && (skip_ > 0 || !ends_message_head_); }

private:
    static constexpr std::size_t preface_bytes = 24;
    static constexpr std::size_t head_bytes = 9;

    std::uint64_t skip_ = preface_bytes;  // bytes up to the next head
    std::array<std::uint8_t, head_bytes + 4> seen_{};
    std::size_t seen_bytes_ = 0;
    bool in_message_head_ = false;
    bool ends_message_head_ = false;
};

}  // namespace ferrotunnel::h2

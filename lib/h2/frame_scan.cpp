#include "h2/frame_scan.hpp"

#include <nghttp2/nghttp2.h>
#include <algorithm>
#include <cstring>

namespace ferrotunnel::h2 {
namespace {

std::uint32_t number(const std::uint8_t* bytes, std::size_t size) noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value = value << 8U | bytes[i];
    }
    return value;
}

constexpr std::uint32_t stream_bits = 0x7fff'ffff;
constexpr std::uint32_t priority_size = 5;

}  // namespace

bool FrameScan::next(std::string_view& bytes, FrameHead& head) noexcept {
    while (!bytes.empty()) {
        if (skip_ > 0) {
            const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
            bytes.remove_prefix(skipped);
            skip_ -= skipped;
            continue;
        }
        const std::size_t wanted = seen_bytes_ < head_bytes ? head_bytes : seen_.size();
        const std::size_t taken = std::min(wanted - seen_bytes_, bytes.size());
        std::memcpy(seen_.data() + seen_bytes_, bytes.data(), taken);
        bytes.remove_prefix(taken);
        seen_bytes_ += taken;
        if (seen_bytes_ < wanted) {
            return false;
        }
        head.size = number(seen_.data(), 3);
        head.type = seen_[3];
        head.flags = seen_[4];
        head.stream = static_cast<std::int32_t>(number(seen_.data() + 5, 4) & stream_bits);
        head.depends_on = -1;
        if (head.type == NGHTTP2_PRIORITY && head.size == priority_size) {
            if (seen_bytes_ == head_bytes) {
                continue;  // the next four bytes contain it
            }
            head.depends_on = static_cast<std::int32_t>(number(seen_.data() + head_bytes, 4) & stream_bits);
        }
        skip_ = head.size - (seen_bytes_ - head_bytes);
        seen_bytes_ = 0;
        in_message_head_ = head.type == NGHTTP2_HEADERS || head.type == NGHTTP2_CONTINUATION;
        ends_message_head_ = (head.flags & NGHTTP2_FLAG_END_HEADERS) != 0;
        return true;
    }
    return false;
}

}  // namespace ferrotunnel::h2

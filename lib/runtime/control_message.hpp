// Control messages for sending a packet: its source address, the length of its segments.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/check.hpp"

namespace ferrotunnel::runtime {

/// Appends a control message to those of `message`, which lie in `room` from its start on. Writes all bytes of it,
/// including those between its parts, so that no other stack content reaches the kernel.
template <typename Info>
void append_control(msghdr& message, std::span<std::uint8_t> room, int level, int type, const Info& info) noexcept {
    std::array<std::uint8_t, CMSG_SPACE(sizeof info)> bytes{};
    check(message.msg_controllen + bytes.size() <= room.size(), "there is room for one more control message");
    cmsghdr head{};
    head.cmsg_level = level;
    head.cmsg_type = type;
    head.cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(bytes.data(), &head, sizeof head);
    std::memcpy(bytes.data() + CMSG_LEN(0), &info, sizeof info);
    std::memcpy(room.data() + message.msg_controllen, bytes.data(), bytes.size());
    message.msg_control = room.data();
    message.msg_controllen += bytes.size();
}

}  // namespace ferrotunnel::runtime

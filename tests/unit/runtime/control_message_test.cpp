#include "runtime/control_message.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <catch2/catch.hpp>

using namespace ferrotunnel::runtime;

TEST_CASE("control messages: every byte that the kernel is given was written") {
    constexpr std::uint8_t from_before = 0xaa;
    std::array<std::uint8_t, CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(std::uint16_t)) + 8> room;
    room.fill(from_before);
    msghdr message{};
    append_control(message, room, IPPROTO_IP, IP_PKTINFO, in_pktinfo{});
    append_control(message, room, SOL_UDP, UDP_SEGMENT, std::uint16_t{1'200});
    REQUIRE(message.msg_controllen == room.size() - 8);
    CHECK(message.msg_control == room.data());
    CHECK(std::count(room.begin(), room.end() - 8, from_before) == 0);
    CHECK(std::count(room.end() - 8, room.end(), from_before) == 8);

    const cmsghdr* const first = CMSG_FIRSTHDR(&message);
    REQUIRE(first != nullptr);
    CHECK(first->cmsg_level == IPPROTO_IP);
    CHECK(first->cmsg_type == IP_PKTINFO);
    CHECK(first->cmsg_len == CMSG_LEN(sizeof(in_pktinfo)));
    const cmsghdr* const second = reinterpret_cast<const cmsghdr*>(room.data() + CMSG_SPACE(sizeof(in_pktinfo)));
    CHECK(second->cmsg_level == SOL_UDP);
    std::uint16_t segment = 0;
    std::memcpy(&segment, CMSG_DATA(second), sizeof segment);
    CHECK(segment == 1'200);
}

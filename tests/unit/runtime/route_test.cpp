// Routes as the kernel describes them. e2e/exit_routes.sh has what an exit makes of them.
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <vector>

#include "net/ip_network.hpp"
#include "runtime/route_message.hpp"
#include "runtime/route_to.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;

namespace {

constexpr std::uint32_t interface_in_answers = 70'000;

struct MadeRoute {
    unsigned char type = RTN_UNICAST;
    unsigned char bits = 24;
    std::vector<unsigned short> attributes{};  // of four bytes each
    unsigned short message = RTM_NEWROUTE;
};

std::vector<std::byte> made_answer(const MadeRoute& made) {
    const std::size_t size = NLMSG_LENGTH(sizeof(rtmsg)) + made.attributes.size() * RTA_LENGTH(4);
    std::vector<std::byte> bytes(size);
    nlmsghdr message{};
    message.nlmsg_len = static_cast<std::uint32_t>(size);
    message.nlmsg_type = made.message;
    rtmsg route{};
    route.rtm_family = AF_INET;
    route.rtm_type = made.type;
    route.rtm_dst_len = made.bits;
    std::memcpy(bytes.data(), &message, sizeof message);
    std::memcpy(bytes.data() + sizeof message, &route, sizeof route);
    std::byte* at = bytes.data() + sizeof message + sizeof route;
    for (const unsigned short type : made.attributes) {
        rtattr attribute{};
        attribute.rta_len = RTA_LENGTH(4);
        attribute.rta_type = type;
        std::memcpy(at, &attribute, sizeof attribute);
        if (type == RTA_OIF) {
            std::memcpy(at + sizeof attribute, &interface_in_answers, sizeof interface_in_answers);
        }
        at += RTA_LENGTH(4);
    }
    return bytes;
}

std::vector<std::byte> made_error(int error) {
    nlmsghdr message{};
    message.nlmsg_len = NLMSG_LENGTH(sizeof(int));
    message.nlmsg_type = NLMSG_ERROR;
    const int negative = -error;
    std::vector<std::byte> bytes(message.nlmsg_len);
    std::memcpy(bytes.data(), &message, sizeof message);
    std::memcpy(bytes.data() + sizeof message, &negative, sizeof negative);
    return bytes;
}

/// Nothing can be opened while it lives.
class NoDescriptors {
public:
    NoDescriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        rlimit none = before_;
        none.rlim_cur = 0;
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("route: what an answer says", "[route]") {
    const auto routed = read_route_answer(made_answer({RTN_UNICAST, 0, {RTA_TABLE, RTA_OIF, RTA_GATEWAY}}));
    REQUIRE(routed);
    CHECK(routed->has_gateway);
    CHECK_FALSE(routed->is_of_this_machine);
    CHECK(routed->prefix_bits == 0);
    const auto via = read_route_answer(made_answer({RTN_UNICAST, 8, {RTA_VIA}}));
    REQUIRE(via);
    CHECK(via->has_gateway);
    const auto on_link = read_route_answer(made_answer({RTN_UNICAST, 24, {RTA_TABLE, RTA_OIF, RTA_PREFSRC}}));
    REQUIRE(on_link);
    CHECK_FALSE(on_link->has_gateway);
    CHECK(on_link->prefix_bits == 24);
    CHECK(on_link->interface == interface_in_answers);
    CHECK(via->interface == 0);
    for (const int type : {RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST}) {
        const auto own = read_route_answer(made_answer({static_cast<unsigned char>(type), 16, {RTA_OIF}}));
        REQUIRE(own);
        CHECK(own->is_of_this_machine);
    }
    for (const int type : {RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW}) {
        CHECK_FALSE(read_route_answer(made_answer({static_cast<unsigned char>(type), 16})));
    }
    CHECK_FALSE(read_route_answer(made_answer({RTN_UNICAST, 24, {}, NLMSG_ERROR})));
}

TEST_CASE("route: an answer that is cut off, or lies about its lengths, is read within its bytes", "[route]") {
    const std::vector<std::byte> whole = made_answer({RTN_UNICAST, 24, {RTA_TABLE, RTA_GATEWAY}});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK_FALSE(read_route_answer(std::span(whole).first(size)));
    }
    for (const int size : {0, 1, 3, 4, 5, 9, 65'535}) {
        const auto length = static_cast<unsigned short>(size);
        std::vector<std::byte> bytes = whole;
        std::memcpy(bytes.data() + NLMSG_LENGTH(sizeof(rtmsg)), &length, sizeof length);
        (void)read_route_answer(bytes);
    }
    for (std::uint32_t length = 0; length < whole.size(); ++length) {
        std::vector<std::byte> bytes = whole;
        std::memcpy(bytes.data(), &length, sizeof length);
        (void)read_route_answer(bytes);
    }
}

TEST_CASE("route: a question of each family", "[route]") {
    for (const char* const text : {"192.0.2.7", "2001:db8::7"}) {
        const net::Address address = net::parse_ip(text).value();
        const std::vector<std::byte> bytes = route_request(address, RouteQuery::entry);
        REQUIRE(bytes.size() == sizeof(nlmsghdr) + sizeof(rtmsg) + sizeof(rtattr) + address.size());
        nlmsghdr message{};
        rtmsg route{};
        std::memcpy(&message, bytes.data(), sizeof message);
        std::memcpy(&route, bytes.data() + sizeof message, sizeof route);
        CHECK(message.nlmsg_len == bytes.size());
        CHECK(message.nlmsg_type == RTM_GETROUTE);
        CHECK(route.rtm_dst_len == 8 * address.size());
        CHECK((route.rtm_flags & RTM_F_FIB_MATCH) != 0);
        CHECK(std::memcmp(bytes.data() + bytes.size() - address.size(), address.bytes.data(), address.size()) == 0);
    }
}

TEST_CASE("route: the kernel of this machine knows its loopback network", "[route]") {
    const Reach reach = reach_of(net::parse_ip("127.9.9.9").value(), Clock::now());
    if (reach == Reach::unknown) {
        WARN("the kernel tells no routes here");
        return;
    }
    CHECK(reach == Reach::this_machine);
    CHECK(reach_of({}, Clock::now()) == Reach::unknown);
}

TEST_CASE("route: an address is not taken for a distant one where no descriptor is left to ask by", "[route]") {
    Reach reach{};
    {
        const NoDescriptors none;
        reach = reach_of(net::parse_ip("127.9.9.9").value(), Clock::now());
    }
    CHECK(reach == Reach::failed);
}

TEST_CASE("route: an error of the kernel is what it says, and one that is cut off is a bad message", "[route]") {
    for (const int error : {ENETUNREACH, ENOBUFS, ENOMEM, EOPNOTSUPP}) {
        const std::vector<std::byte> bytes = made_error(error);
        const auto answer = read_route_answer(bytes);
        REQUIRE_FALSE(answer);
        CHECK(answer.error() == error);
        CHECK(read_route_answer(std::span(bytes).first(bytes.size() - 1)).error() == EBADMSG);
    }
    CHECK(read_route_answer(made_error(0)).error() == EBADMSG);  // no route, and no error either
    CHECK(read_route_answer(made_answer({RTN_UNREACHABLE, 16})).error() == EHOSTUNREACH);
}

TEST_CASE("route: only a kernel that has no route or no such answers lets an address pass", "[route]") {
    for (const int error :
         {EAFNOSUPPORT, EPROTONOSUPPORT, EPERM, EACCES, EOPNOTSUPP, ENOSYS, ENETUNREACH, EHOSTUNREACH, EINVAL}) {
        CHECK(reach_without_answer(error) == Reach::unknown);
    }
    for (const int error : {EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN, EINTR, EBADMSG, EIO, 0}) {
        CHECK(reach_without_answer(error) == Reach::failed);
    }
}

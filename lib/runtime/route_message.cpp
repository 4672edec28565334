#include "runtime/route_message.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

namespace ferrotunnel::runtime {
namespace {

template <typename Header>
void append(std::vector<std::byte>& bytes, const Header& header) {
    const auto* const from = reinterpret_cast<const std::byte*>(&header);
    bytes.insert(bytes.end(), from, from + sizeof header);
}

/// Removes a header from the front. Empty if there are too few bytes.
template <typename Header>
std::optional<Header> take(std::span<const std::byte>& bytes) noexcept {
    if (bytes.size() < sizeof(Header)) {
        return std::nullopt;
    }
    Header header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    bytes = bytes.subspan(sizeof header);
    return header;
}

void read_attributes(std::span<const std::byte> attributes, RouteAnswer& into) noexcept {
    while (const std::optional<rtattr> attribute = take<rtattr>(attributes)) {
        const std::size_t aligned = RTA_ALIGN(std::size_t{attribute->rta_len});
        const bool is_whole = attribute->rta_len >= sizeof(rtattr) && aligned - sizeof(rtattr) <= attributes.size();
        if (attribute->rta_type == RTA_GATEWAY || attribute->rta_type == RTA_VIA) {
            into.has_gateway = true;
        }
        if (!is_whole) {
            return;
        }
        std::span<const std::byte> value = attributes.first(attribute->rta_len - sizeof(rtattr));
        if (attribute->rta_type == RTA_OIF) {
            into.interface = take<std::uint32_t>(value).value_or(0);
        }
        attributes = attributes.subspan(aligned - sizeof(rtattr));
    }
}

}  // namespace

std::vector<std::byte> route_request(const net::Address& to, RouteQuery question) {
    nlmsghdr message{};
    message.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(rtmsg)) + RTA_LENGTH(to.size()));
    message.nlmsg_type = RTM_GETROUTE;
    message.nlmsg_flags = NLM_F_REQUEST;
    rtmsg route{};
    route.rtm_family = to.family == 4 ? AF_INET : AF_INET6;
    route.rtm_dst_len = static_cast<unsigned char>(8 * to.size());
    route.rtm_flags = question == RouteQuery::entry ? RTM_F_FIB_MATCH : 0;
    rtattr destination{};
    destination.rta_type = RTA_DST;
    destination.rta_len = static_cast<unsigned short>(RTA_LENGTH(to.size()));
    std::vector<std::byte> bytes;
    append(bytes, message);
    append(bytes, route);
    append(bytes, destination);
    const auto* const address = reinterpret_cast<const std::byte*>(to.bytes.data());
    bytes.insert(bytes.end(), address, address + to.size());
    return bytes;
}

Result<RouteAnswer, int> read_route_answer(std::span<const std::byte> bytes) noexcept {
    const std::optional<nlmsghdr> message = take<nlmsghdr>(bytes);
    if (!message || message->nlmsg_len < sizeof(nlmsghdr) || message->nlmsg_len - sizeof(nlmsghdr) > bytes.size()) {
        return EBADMSG;
    }
    bytes = bytes.first(message->nlmsg_len - sizeof(nlmsghdr));
    if (message->nlmsg_type == NLMSG_ERROR) {
        const int negative = take<int>(bytes).value_or(0);
        return negative < 0 ? -negative : EBADMSG;
    }
    const std::optional<rtmsg> route = take<rtmsg>(bytes);
    if (message->nlmsg_type != RTM_NEWROUTE || !route) {
        return EBADMSG;
    }
    RouteAnswer answer;
    switch (route->rtm_type) {
        case RTN_UNICAST:
            break;
        case RTN_LOCAL:
        case RTN_BROADCAST:
        case RTN_ANYCAST:
        case RTN_MULTICAST:
            answer.is_of_this_machine = true;
            break;
        default:  // unreachable, prohibited: packets are not delivered
            return EHOSTUNREACH;
    }
    read_attributes(bytes, answer);
    answer.prefix_bits = route->rtm_dst_len;
    return answer;
}

}  // namespace ferrotunnel::runtime

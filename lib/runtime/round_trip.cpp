#include "runtime/round_trip.hpp"

// Not <netinet/tcp.h>, whose tcp_info ends before tcpi_min_rtt; one file cannot include both.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

namespace ferrotunnel::runtime {

std::optional<Duration> shortest_round_trip(int fd) noexcept {
    constexpr std::uint32_t unknown = UINT32_MAX;
    tcp_info info{};
    socklen_t size = sizeof(info);
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(tcp_info, tcpi_min_rtt) + sizeof(info.tcpi_min_rtt) || info.tcpi_min_rtt == unknown) {
        return std::nullopt;
    }
    return std::chrono::microseconds(info.tcpi_min_rtt);
}

}  // namespace ferrotunnel::runtime

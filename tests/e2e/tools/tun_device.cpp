#include "tun_device.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace e2e {
namespace {

// The queue is empty as long as it is read in time; it is long, so that a late turn of the emulator loses nothing.
constexpr int device_queue_packets = 10'000;

ifreq request_for(const std::string& device) {
    ifreq request{};
    std::copy_n(device.begin(), std::min<std::size_t>(device.size(), IFNAMSIZ - 1), request.ifr_name);
    return request;
}

void control(const Socket& socket, unsigned long what, ifreq& request, const char* name) {
    if (::ioctl(socket.get(), what, &request) != 0) {
        die_errno(name);
    }
}

sockaddr address_of(const std::string& text) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (::inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1) {
        die("not an address: " + text);
    }
    sockaddr out;
    std::memcpy(&out, &address, sizeof out);
    return out;
}

void enter(const std::string& name_space) {
    const Socket file(::open(("/run/netns/" + name_space).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open() || ::setns(file.get(), CLONE_NEWNET) != 0) {
        die_errno(name_space.c_str());
    }
}

void configure(const TunPlace& place, const std::string& device) {
    const Socket socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request = request_for(device);
    request.ifr_addr = address_of(place.address);
    control(socket, SIOCSIFADDR, request, "SIOCSIFADDR");
    request.ifr_dstaddr = address_of(place.peer);
    control(socket, SIOCSIFDSTADDR, request, "SIOCSIFDSTADDR");
    request.ifr_qlen = device_queue_packets;
    control(socket, SIOCSIFTXQLEN, request, "SIOCSIFTXQLEN");
    control(socket, SIOCGIFFLAGS, request, "SIOCGIFFLAGS");
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
    control(socket, SIOCSIFFLAGS, request, "SIOCSIFFLAGS");
}

}  // namespace

Socket open_tun(const TunPlace& place, const std::string& device) {
    enter(place.name_space);
    Socket tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!tun.is_open()) {
        die_errno("/dev/net/tun");
    }
    ifreq request = request_for(device);
    request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
    control(tun, TUNSETIFF, request, "TUNSETIFF");
    if (::ioctl(tun.get(), TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) != 0) {
        die_errno("TUNSETOFFLOAD");
    }
    configure(place, device);
    return tun;
}

}  // namespace e2e

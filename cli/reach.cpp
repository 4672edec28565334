#include "reach.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "ferrotunnel/service.hpp"

namespace ferrotunnel::cli {
namespace {

std::string first_address() {
    ifaddrs* addresses = nullptr;
    if (::getifaddrs(&addresses) != 0) {
        return {};
    }
    std::string found;
    for (const ifaddrs* it = addresses; it != nullptr && found.empty(); it = it->ifa_next) {
        const bool usable = (it->ifa_flags & IFF_UP) != 0 && (it->ifa_flags & IFF_LOOPBACK) == 0;
        if (usable && it->ifa_addr != nullptr && it->ifa_addr->sa_family == AF_INET) {
            sockaddr_in address{};
            std::memcpy(&address, it->ifa_addr, sizeof address);
            std::array<char, INET_ADDRSTRLEN> text{};
            if (::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size()) != nullptr) {
                found = text.data();
            }
        }
    }
    ::freeifaddrs(addresses);
    return found;
}

}  // namespace

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string host_of(const std::string& endpoint) {
    return endpoint.substr(0, endpoint.rfind(':'));
}

std::string port_of(const std::string& endpoint) {
    return endpoint.substr(endpoint.rfind(':') + 1);
}

std::string as_url(const std::string& endpoint) {
    std::string url = url_of(endpoint);
    return url.empty() ? endpoint : url;
}

bool is_wildcard(const std::string& host) {
    return host == "0.0.0.0" || host == "[::]" || host == "::";
}

std::string address_of_this_machine() {
    const std::string address = first_address();
    return address.empty() ? "localhost" : address;
}

}  // namespace ferrotunnel::cli

// Ranges of ports: "20000-20010" in front of "127.0.0.1:3000-3010" stands for eleven services.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ferrotunnel::detail {

/// One service of a range.
struct PortOfRange {
    std::uint16_t remote_port = 0;
    std::string local;
};

/// Whether the text is meant as a range of ports: digits, "-", digits.
bool is_port_range(std::string_view text) noexcept;

/// The services that `ports` and `local` mean, at least one of which is a range. Each public port has its own backend
/// port, so both must have the same length, up to limits::services_max.
Result<std::vector<PortOfRange>, std::string> expand_ports(std::string_view ports, std::string_view local);

/// The services of these ports, all like `model`. With several, a name gets ":" and the public port appended.
template <typename Service>
std::vector<Service> services_of_range(const Service& model, const std::vector<PortOfRange>& ports) {
    std::vector<Service> services;
    for (const PortOfRange& port : ports) {
        Service& service = services.emplace_back(model);
        service.remote_port = port.remote_port;
        service.local = port.local;
        if (!model.name.empty() && ports.size() > 1) {
            service.name += ':' + std::to_string(port.remote_port);
        }
    }
    return services;
}

}  // namespace ferrotunnel::detail

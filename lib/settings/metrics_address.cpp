#include "settings/metrics_address.hpp"

#include <optional>
#include <string>

#include "base/text.hpp"
#include "net/host_port.hpp"
#include "settings/common.hpp"

namespace ferrotunnel::detail {
namespace {

// Prometheus itself uses 9090, and its exporters many ports above; clients connect to 7835.
constexpr std::uint16_t usual_port = 7836;

}  // namespace

runtime::SocketAddress metrics_address(std::string_view setting) {
    if (setting.empty() || setting == metrics_off) {
        return {};
    }
    auto place = net::parse_host_port(setting == metrics_usual ? "127.0.0.1" : setting, usual_port);
    if (place && place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    const auto at = place ? runtime::SocketAddress::from_ip(*place) : std::nullopt;
    return at.value_or(runtime::SocketAddress());
}

std::optional<std::string> metrics_fault(const std::string& text) {
    if (text == metrics_off || !metrics_address(text).empty()) {
        return std::nullopt;
    }
    return net::quoted_address_fault(text, "is not a valid address to listen on; expected one like 127.0.0.1:7836");
}

}  // namespace ferrotunnel::detail

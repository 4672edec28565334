#include "acme/local_name.hpp"

#include <optional>

#include "ferrotunnel/detail/private_zone.hpp"
#include "net/host_name.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::acme {

bool has_one_label(std::string_view host) noexcept {
    return host.find('.') == std::string_view::npos;
}

Result<Identifier, std::string> read_local_name(std::string_view text) {
    std::optional<net::Address> address = net::parse_ipv4(text);
    if (!address) {
        address = net::parse_ipv6(text);
    }
    if (address) {
        return Identifier{Identifier::Type::ip, net::ip_text(*address)};
    }
    auto host = net::normal_host_name(text);
    if (!host || host.value().find('_') != std::string::npos) {
        return std::string("is not a valid name; expected a host like app.test or an IP address");
    }
    if (has_one_label(host.value()) && !ferrotunnel::detail::is_private_zone(host.value())) {
        return "is a whole top-level domain; expected a host below it, like app." + host.value();
    }
    return Identifier{Identifier::Type::dns, std::move(host.value())};
}

}  // namespace ferrotunnel::acme

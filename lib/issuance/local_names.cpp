#include "issuance/local_names.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "acme/local_name.hpp"
#include "ferrotunnel/detail/private_zone.hpp"
#include "net/host_name.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::issuance {
namespace {

using acme::has_one_label;
using acme::Identifier;

constexpr std::size_t host_name_max = 256;

std::optional<net::Address> local_address(std::string_view text) {
    const std::optional<net::Address> address = net::parse_ipv4(text);
    return address ? address : net::parse_ipv6(text);
}

bool is_loopback(std::string_view text) {
    const std::optional<net::Address> address = local_address(text);
    return address && (address->family == 4 ? address->bytes[0] == 127 : net::ip_text(*address) == "::1");
}

template <typename List, typename Value>
void add_once(List& list, const Value& value) {
    if (std::ranges::find(list, value) == list.end()) {
        list.push_back(value);
    }
}

void add_with_subdomains(LocalConstraints& all, const std::string& host) {
    if (!host.empty()) {
        add_once(all.hosts, host);
    }
}

// A host that is not a zone of the operator.
void add_single(LocalConstraints& all, const std::string& host) {
    if (!host.empty() && has_one_label(host) && !ferrotunnel::detail::is_private_zone(host)) {
        if (std::ranges::find(all.hosts, host) == all.hosts.end()) {
            add_once(all.single, host);
        }
    } else {
        add_with_subdomains(all, host);
    }
}

// Of checked settings.
std::vector<Identifier> listed(const std::vector<std::string>& texts) {
    std::vector<Identifier> names;
    for (const std::string& text : texts) {
        if (auto name = acme::read_local_name(text)) {
            names.push_back(std::move(name.value()));
        }
    }
    return names;
}

}  // namespace

std::string local_host_name() {
    std::array<char, host_name_max> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) {
        return {};
    }
    const auto host = net::normal_host_name(name.data());
    return host && host.value().find('_') == std::string::npos ? host.value() : std::string();
}

LocalConstraints constraints_for(const LocalSettings& settings, const std::string& host_name) {
    LocalConstraints all;
    all.hosts.emplace_back("localhost");
    add_with_subdomains(all, settings.domain);
    const std::vector<Identifier> names = listed(settings.names);
    for (const Identifier& name : names) {
        if (name.type == Identifier::Type::dns) {
            add_with_subdomains(all, name.value);
        } else if (!is_loopback(name.value)) {
            add_once(all.addresses, name.value);
        }
    }
    if (const auto address = local_address(settings.public_host); address && !is_loopback(settings.public_host)) {
        add_once(all.addresses, net::ip_text(*address));
    } else if (const auto host = net::normal_host_name(settings.public_host); !address && host) {
        add_single(all, host.value());
    }
    add_single(all, host_name);
    // What is excluded wins, so a host such as "dev" gives way to one below it.
    std::erase_if(all.single, [&](const std::string& single) {
        return std::ranges::any_of(all.hosts, [&](const std::string& host) { return host.ends_with("." + single); });
    });
    return all;
}

acme::Identifiers machine_names(const LocalSettings& settings, const std::string& host_name) {
    acme::Identifiers all{
        {Identifier::Type::dns, "localhost"}, {Identifier::Type::ip, "127.0.0.1"}, {Identifier::Type::ip, "::1"}};
    const auto add = [&](const Identifier& name) {
        if (!is_left_to_acme(settings, name)) {
            add_once(all, name);
        }
    };
    if (!host_name.empty()) {
        add({Identifier::Type::dns, host_name});
    }
    if (const auto address = local_address(settings.public_host)) {
        add({Identifier::Type::ip, net::ip_text(*address)});
    } else if (const auto host = net::normal_host_name(settings.public_host)) {
        add({Identifier::Type::dns, host.value()});
    }
    for (const Identifier& name : listed(settings.names)) {
        if (name.type == Identifier::Type::ip) {
            add(name);
        }
    }
    return all;
}

acme::Identifiers domain_names(const LocalSettings& settings) {
    const Identifier domain{Identifier::Type::dns, settings.domain};
    if (settings.domain.empty() || is_left_to_acme(settings, domain)) {
        return {};
    }
    acme::Identifiers names{domain};
    if (!has_one_label(settings.domain)) {
        names.push_back({Identifier::Type::dns, "*." + settings.domain});
    }
    return names;
}

bool has_domain_certificate(const LocalSettings& settings, std::string_view host) {
    if (domain_names(settings).empty()) {
        return false;
    }
    if (host == settings.domain) {
        return true;
    }
    const std::size_t dot = host.find('.');
    return !has_one_label(settings.domain) && dot != std::string_view::npos && host.substr(dot + 1) == settings.domain;
}

bool is_served_otherwise(const LocalSettings& settings, const std::string& host) {
    return host == "localhost" || has_domain_certificate(settings, host) ||
           is_left_to_acme(settings, {Identifier::Type::dns, host});
}

bool is_left_to_acme(const LocalSettings& settings, const Identifier& name) {
    return settings.has_acme && !(name.type == Identifier::Type::ip && is_loopback(name.value)) &&
           acme::read_identifier(name.value).has_value();
}

}  // namespace ferrotunnel::issuance

// Names in certificates: DNS names, wildcards, and IP addresses (RFC 8555, 9.7.7; RFC 8738).
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::acme {

struct Identifier {
    enum class Type : unsigned char { dns, ip };

    Type type = Type::dns;
    std::string value{};  // a host in normal form, "*." and a host, or an IP address in the system's spelling

    friend auto operator<=>(const Identifier&, const Identifier&) = default;

    bool is_wildcard() const noexcept { return type == Type::dns && value.starts_with("*."); }
    /// "dns" or "ip".
    std::string_view type_name() const noexcept { return type == Type::dns ? "dns" : "ip"; }
    /// The server name that a CA requests to validate it by TLS-ALPN-01: the host, or for an address its name below
    /// in-addr.arpa or ip6.arpa (RFC 8738, 6).
    std::string alpn_server_name() const;
};

/// An exact host, "*.host", or an IP address, brought into normal form. Empty for anything else, and for names that no
/// CA issues for: hosts with one label only, with an underscore, or below localhost, local, invalid, onion or arpa; the
/// addresses 0.0.0.0 and ::, and IPv4 addresses written as IPv6.
std::optional<Identifier> read_identifier(std::string_view text);

/// The name of this certificate's files: the host; "_wildcard." and the host; "-" for ":". Longer than
/// limits::file_name_max: the first part, "_", and 16 hexadecimal digits of the SHA-256.
std::string file_name_of(const Identifier& identifier);

using Identifiers = std::vector<Identifier>;

}  // namespace ferrotunnel::acme

// Name of something that a client owns in the cluster: a host with a path, a public port, or a private service.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/control.hpp"

namespace ferrotunnel::cluster {

/// A name, held as one short text, so that tables and messages need no conversion. Ordered so that all paths of one
/// host are adjacent.
class Name {
public:
    enum class Kind : std::uint8_t { host = 'h', tcp_port = 't', udp_port = 'u', service = 's' };

    /// `host`: normalised, or a pattern. `path`: as in directory::ClaimName.
    static Name of_host(std::string_view host, std::string_view path);
    static Name of_port(std::uint16_t port, bool udp);
    /// The name of a private service of a token.
    static Name of_service(const wire::TokenId& token, std::string_view service);
    /// From a message. Empty if it is not a valid name.
    static std::optional<Name> from_encoded(std::string_view encoded);

    Kind kind() const noexcept { return static_cast<Kind>(encoded_.front()); }
    const std::string& encoded() const noexcept { return encoded_; }
    /// What one token owns as a whole, and one home decides about: the host without the path, or the whole name.
    std::string_view root() const noexcept;
    /// For messages: "the host app.example.com", "public port 2222".
    std::string text() const;

    friend auto operator<=>(const Name&, const Name&) = default;

private:
    explicit Name(std::string encoded) : encoded_(std::move(encoded)) {}

    std::string encoded_;  // kind, then the rest; never empty
};

}  // namespace ferrotunnel::cluster

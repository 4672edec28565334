// Name of something that a client owns in the cluster: a host with a path, a public port, or a private service.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/inline_text.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::cluster {

/// A name, held as one short text, so that tables and messages need no conversion:
///
///   happ.example.com /api        kind h, host or pattern, space, path (or "tls", as in directory::ClaimName)
///   t2222, u53                   kind t or u, port
///   s0123456789abcdef database   kind s, token, space, name of the private service
///
/// A space is less than every character of a host, so in the order of names all paths of one host are adjacent, and
/// follow their root.
class Name {
public:
    enum class Kind : std::uint8_t { host = 'h', tcp_port = 't', udp_port = 'u', service = 's' };

    /// `host`: in the form in which the edge compares hosts, or a pattern. `path`: as in directory::ClaimName, at most
    /// limits::path_max bytes; the empty one is "/".
    static Name of_host(std::string_view host, std::string_view path);
    /// `port` is not 0.
    static Name of_port(std::uint16_t port, bool udp);
    /// The name of a private service of a token: printable, at most limits::service_name_max bytes.
    static Name of_service(const wire::TokenId& token, std::string_view service);
    /// From a message. Empty if it is not a valid name.
    static std::optional<Name> from_encoded(std::string_view encoded);

    Kind kind() const noexcept { return static_cast<Kind>(encoded().front()); }
    /// Valid until the name is moved or replaced.
    std::string_view encoded() const noexcept { return encoded_.view(); }
    /// What one token owns as a whole, and one home decides about: the host without the path, or the whole name.
    /// It begins with the kind, so roots of different kinds differ.
    std::string_view root() const noexcept;
    /// For messages: "the host app.example.com", "public port 2222".
    std::string text() const;
    /// Bytes that it has on the heap.
    std::size_t heap_bytes() const noexcept { return encoded_.heap_bytes(); }

    friend auto operator<=>(const Name&, const Name&) = default;

private:
    explicit Name(std::string_view encoded) : encoded_(encoded) {}

    InlineText<36> encoded_;  // kind, then the rest; never empty. A host of 32 bytes needs no block of the heap
};

}  // namespace ferrotunnel::cluster

// Who a link connects: the PSK identity of its handshake, and the PSK that belongs to it.
//
//    identity = key's id "/" dialling member "/" expected member
//    PSK      = HKDF(secret of links, dialling member "/" accepting member)
//
// Both names are part of the PSK, so a link that is led to another member, or back to the one that dials, fails.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "transport/cluster_key.hpp"

namespace ferrotunnel::transport {

/// Whether this can be the name of a member: 1 to limits::link_name_max letters, digits, '-', '_' and '.'.
bool is_member_name(std::string_view name) noexcept;

struct LinkIdentity {
    std::string_view key_id;
    std::string_view dialler;
    std::string_view expected;

    /// Refers to `text`. Nothing if it does not have this form; it comes from an unknown peer.
    static std::optional<LinkIdentity> parse(std::string_view text) noexcept;
    std::string text() const;
};

using LinkPsk = std::array<std::uint8_t, 32>;

/// What the handshakes of links need of one key; neither the key nor other secrets of it follow from this.
class LinkSecret {
public:
    /// Throws TlsConfigError.
    explicit LinkSecret(const ClusterKey& key);
    LinkSecret(const LinkSecret&) = delete;
    LinkSecret& operator=(const LinkSecret&) = delete;
    ~LinkSecret();

    const std::string& key_id() const noexcept { return key_id_; }
    /// False if OpenSSL cannot derive it. The caller wipes `into`.
    bool derive(std::string_view dialler, std::string_view acceptor, LinkPsk& into) const noexcept;

private:
    std::string key_id_;
    std::array<std::uint8_t, 32> secret_{};
};

}  // namespace ferrotunnel::transport

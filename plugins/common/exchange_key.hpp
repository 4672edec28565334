// The key by which limits count: the visitor's address, or another property of a request, as one number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/keyed_hash.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

class ExchangeKey {
public:
    /// For the settings "key" and "ipv6_prefix": visitor, host, service, all, header.NAME or note.NAME. Throws
    /// std::invalid_argument for any other, in words that follow the setting's name.
    ExchangeKey(std::string_view key, unsigned ipv6_prefix);
    explicit ExchangeKey(const plugin::Settings& settings);

    /// The key of an exchange; never 0. Without such a header or note, the key of its visitor. Does not allocate.
    std::uint64_t of(const plugin::Exchange& exchange, const KeyedHash& hash) const noexcept;
    /// The key of a TCP or TLS visitor: it has a host if it requests one by TLS, and no headers.
    std::uint64_t of(const plugin::Visitor& visit, const KeyedHash& hash) const noexcept;
    /// The key of a visitor's address: IPv6 counts by its network.
    std::uint64_t of_visitor(std::string_view address, const KeyedHash& hash) const noexcept;

    bool is_visitor() const noexcept { return kind_ == Kind::visitor; }

private:
    enum class Kind : std::uint8_t { visitor, host, service, all, header, note };

    Kind kind_ = Kind::visitor;
    std::string name_;  // of the header or note
    unsigned ipv6_prefix_;
};

}  // namespace ferrotunnel::plugins

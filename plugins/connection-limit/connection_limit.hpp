// Lets each visitor, or each of whatever else is counted, have so many requests at the same time; a WebSocket is one
// until it is closed, and so is a visitor of a TCP or TLS service. plugins/connection-limit/README.md has the settings.
#pragma once

#include <chrono>
#include <memory>

#include "common/exchange_key.hpp"
#include "common/keyed_hash.hpp"
#include "connection-limit/lease_table.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

class ConnectionLimit final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "connection-limit",
        .version = "1.0",
        .summary = "lets each visitor have so many requests at the same time",
        .schema = R"({
            "type": "object",
            "required": ["limit"],
            "properties": {
                "limit": {"type": "integer", "minimum": 1, "maximum": 1000000,
                          "description": "How many requests and visitors of TCP and TLS may be there at a time."},
                "key": {"type": "string", "default": "visitor",
                        "description": "What is counted by: visitor, host, service, all, header.NAME or note.NAME."},
                "ipv6_prefix": {"type": "integer", "minimum": 1, "maximum": 128, "default": 64,
                                "description": "How many bits of an IPv6 address make a visitor."},
                "status": {"type": "integer", "minimum": 429, "maximum": 503, "default": 503,
                           "description": "What those beyond the limit get: 503 or 429."},
                "retry_after": {"type": "string", "format": "duration", "formatMinimum": "1s", "formatMaximum": "24h",
                                "default": "1s", "description": "When they are told to come again."},
                "entries": {"type": "integer", "minimum": 16, "maximum": 1048576, "default": 65536,
                            "description": "How many keys may have requests at the same time."}
            }
        })",
        .guard = true,
    };

    /// Reports a key that is none, and another status.
    static void check(const plugin::Settings& settings);
    /// Continues counting what the instance whose place it takes has counted, unless `entries` is another.
    ConnectionLimit(const plugin::Settings& settings, ConnectionLimit* before);

    plugin::Decision on_request(plugin::Exchange& exchange) override;
    void on_close(plugin::Exchange& exchange, const plugin::Outcome& outcome) override;
    plugin::Decision on_connect(plugin::Visit& visit) override;

    /// How many requests there are now, of all keys. For tests.
    std::uint64_t taken() const noexcept { return known_->table.taken(); }

private:
    /// What is counted, with the secret that the keys were made with.
    struct Known {
        explicit Known(std::size_t size) : entries(size), table(size) {}
        std::size_t entries;
        KeyedHash hash;
        LeaseTable table;
    };

    /// What a visitor of TCP or TLS has been given, for as long as it is there.
    struct Counted {
        Counted() = default;
        Counted(const Counted&) = delete;
        Counted& operator=(const Counted&) = delete;
        ~Counted() {
            if (lease != nullptr) {
                LeaseTable::give_back(*lease);
            }
        }
        std::shared_ptr<Known> known{};  // whose lease it is
        LeaseTable::Lease* lease = nullptr;
    };

    const std::uint64_t limit_;
    const ExchangeKey key_;
    const std::uint16_t status_;
    const std::chrono::nanoseconds retry_after_;
    const std::shared_ptr<Known> known_;
};

}  // namespace ferrotunnel::plugins

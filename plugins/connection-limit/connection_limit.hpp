// Limits the concurrent requests of each visitor, or of another key; a WebSocket counts until it is closed, and so does
// a visitor of a TCP or TLS service. See plugins/connection-limit/README.md.
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
        .summary = "limits the concurrent requests of each visitor",
        .schema = R"({
            "type": "object",
            "required": ["limit"],
            "properties": {
                "limit": {"type": "integer", "minimum": 1, "maximum": 1000000,
                          "description": "Maximum number of concurrent requests, and TCP and TLS visitors."},
                "key": {"type": "string", "default": "visitor",
                        "description": "Key to count by: visitor, host, service, all, header.NAME or note.NAME."},
                "ipv6_prefix": {"type": "integer", "minimum": 1, "maximum": 128, "default": 64,
                                "description": "Number of bits of an IPv6 address that identify a visitor."},
                "status": {"type": "integer", "minimum": 429, "maximum": 503, "default": 503,
                           "description": "Status for requests beyond the limit: 503 or 429."},
                "retry_after": {"type": "string", "format": "duration", "formatMinimum": "1s", "formatMaximum": "24h",
                                "default": "1s", "description": "Value of Retry-After for rejected requests."},
                "entries": {"type": "integer", "minimum": 16, "maximum": 1048576, "default": 65536,
                            "description": "Maximum number of keys that may have requests at the same time."}
            }
        })",
        .guard = true,
    };

    /// Reports an unknown key, and another status.
    static void check(const plugin::Settings& settings);
    /// Takes over the counts of the replaced instance, unless `entries` differs.
    ConnectionLimit(const plugin::Settings& settings, ConnectionLimit* before);

    plugin::Decision on_request(plugin::Exchange& exchange) override;
    void on_close(plugin::Exchange& exchange, const plugin::Outcome& outcome) override;
    plugin::Decision on_connect(plugin::Visit& visit) override;

    /// The present number of requests of all keys. For tests.
    std::uint64_t taken() const noexcept { return state_->table.taken(); }

private:
    /// The counts, with the secret that the keys were made with.
    struct SharedState {
        explicit SharedState(std::size_t size) : entries(size), table(size) {}
        std::size_t entries;
        KeyedHash hash;
        LeaseTable table;
    };

    /// The lease of a TCP or TLS visitor, for as long as it stays.
    struct Counted {
        Counted() = default;
        Counted(const Counted&) = delete;
        Counted& operator=(const Counted&) = delete;
        ~Counted() {
            if (lease != nullptr) {
                LeaseTable::give_back(*lease);
            }
        }
        std::shared_ptr<SharedState> known{};  // the owner of the lease
        LeaseTable::Lease* lease = nullptr;
    };

    const std::uint64_t limit_;
    const ExchangeKey key_;
    const std::uint16_t status_;
    const std::chrono::nanoseconds retry_after_;
    const std::shared_ptr<SharedState> state_;
};

}  // namespace ferrotunnel::plugins

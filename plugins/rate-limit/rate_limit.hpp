// Limits the request rate of each visitor, or of another key. See plugins/rate-limit/README.md.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "common/exchange_key.hpp"
#include "common/keyed_hash.hpp"
#include "ferrotunnel/plugin.hpp"
#include "rate-limit/gcra_table.hpp"

namespace ferrotunnel::plugins {

class RateLimit final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "rate-limit",
        .version = "1.0",
        .summary = "limits the request rate of each visitor",
        .schema = R"({
            "type": "object",
            "required": ["rate"],
            "properties": {
                "rate": {"type": "string", "format": "rate", "formatMaximum": "1000000/s", "x-client": true,
                         "description": "Requests per time, like 20/s or 100/m."},
                "burst": {"type": "integer", "minimum": 1, "maximum": 1000000, "x-client": true,
                          "description": "Requests accepted at once. Default: those of one second."},
                "key": {"type": "string", "default": "visitor", "x-client": true,
                        "description": "Key to count by: visitor, host, service, all, header.NAME or note.NAME."},
                "ipv6_prefix": {"type": "integer", "minimum": 1, "maximum": 128, "default": 64, "x-client": true,
                                "description": "Number of bits of an IPv6 address that identify a visitor."},
                "entries": {"type": "integer", "minimum": 16, "maximum": 1048576, "default": 65536,
                            "x-client-default": 4096,
                            "description": "Maximum number of keys tracked at the same time."}
            }
        })",
        .guard = true,
    };

    /// Reports an unknown key, and a rate and burst that no table can keep.
    static void check(const plugin::Settings& settings);
    /// Takes over the state of the replaced instance, unless `entries` differs.
    RateLimit(const plugin::Settings& settings, RateLimit* before);

    plugin::Decision on_request(plugin::Exchange& exchange) override;
    plugin::Decision on_connect(plugin::Visit& visit) override;

    /// Counts a visitor of which only the address is known. Zero if it is accepted; otherwise its waiting time.
    /// Thread-safe; does not allocate.
    std::chrono::nanoseconds wait_of(std::string_view visitor) const noexcept;

private:
    /// The state of the keys, with the secret that they were made with.
    struct SharedState {
        explicit SharedState(std::size_t size) : entries(size), table(size) {}
        std::size_t entries;
        KeyedHash hash;
        GcraTable table;
    };

    static Rate rate_of(const plugin::Settings& settings);

    const Rate rate_;
    const ExchangeKey key_;
    const std::shared_ptr<SharedState> state_;
};

}  // namespace ferrotunnel::plugins

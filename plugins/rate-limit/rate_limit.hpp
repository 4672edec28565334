// Lets each visitor, or each of whatever else is counted, send so many requests a second. plugins/rate-limit/README.md
// has the settings.
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
        .summary = "lets each visitor send so many requests a second",
        .schema = R"({
            "type": "object",
            "required": ["rate"],
            "properties": {
                "rate": {"type": "string", "format": "rate", "formatMaximum": "1000000/s", "x-client": true,
                         "description": "How many requests pass, like 20/s or 100/m."},
                "burst": {"type": "integer", "minimum": 1, "maximum": 1000000, "x-client": true,
                          "description": "How many may come at once; else what the rate has in a second."},
                "key": {"type": "string", "default": "visitor", "x-client": true,
                        "description": "What is counted by: visitor, host, service, all, header.NAME or note.NAME."},
                "ipv6_prefix": {"type": "integer", "minimum": 1, "maximum": 128, "default": 64, "x-client": true,
                                "description": "How many bits of an IPv6 address make a visitor."},
                "entries": {"type": "integer", "minimum": 16, "maximum": 1048576, "default": 65536,
                            "x-client-default": 4096,
                            "description": "How many keys are known at once."}
            }
        })",
        .guard = true,
    };

    /// Reports a key that is none, and a rate and burst that no table can keep.
    static void check(const plugin::Settings& settings);
    /// Continues with what is known to the instance whose place it takes, unless `entries` is another.
    RateLimit(const plugin::Settings& settings, RateLimit* before);

    plugin::Decision on_request(plugin::Exchange& exchange) override;
    plugin::Decision on_connect(plugin::Visit& visit) override;

    /// Counts a visitor of whom nothing is known but the address. Zero: it may come in; else how long it has to wait.
    /// Any thread; it allocates nothing.
    std::chrono::nanoseconds wait_of(std::string_view visitor) const noexcept;

private:
    /// What is known of keys, with the secret that the keys were made with.
    struct Known {
        explicit Known(std::size_t size) : entries(size), table(size) {}
        std::size_t entries;
        KeyedHash hash;
        GcraTable table;
    };

    static Rate rate_of(const plugin::Settings& settings);

    const Rate rate_;
    const ExchangeKey key_;
    const std::shared_ptr<Known> known_;
};

}  // namespace ferrotunnel::plugins

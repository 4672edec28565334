// Rejects requests to services that fail, until one of them responds well again. See plugins/circuit-breaker/README.md.
#pragma once

#include <memory>
#include <string>

#include "circuit-breaker/circuit.hpp"
#include "circuit-breaker/circuit_table.hpp"
#include "common/keyed_hash.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

class CircuitBreaker final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "circuit-breaker",
        .version = "1.0",
        .summary = "rejects requests to services that fail",
        .schema = R"({
            "type": "object",
            "properties": {
                "failures": {"type": "integer", "minimum": 1, "maximum": 1000000, "default": 5,
                             "description": "Number of failures in the window that opens a circuit."},
                "ratio": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5, "description":
                          "Minimum share of failed requests in the window; opening also requires `failures`."},
                "window": {"type": "string", "format": "duration", "formatMinimum": "1s", "formatMaximum": "1h",
                           "default": "10s", "description": "How long a failure counts."},
                "open_for": {"type": "string", "format": "duration", "formatMinimum": "100ms", "formatMaximum": "1h",
                             "default": "10s", "description": "How long an open circuit rejects requests."},
                "services": {"type": "integer", "minimum": 16, "maximum": 65536, "default": 1024,
                             "description": "Maximum number of services watched at the same time."}
            }
        })",
    };

    /// Takes over the circuits of the replaced instance, unless `window` or `services` differs.
    CircuitBreaker(const plugin::Settings& settings, CircuitBreaker* before);

    plugin::Decision on_request(plugin::Exchange& exchange) override;
    plugin::Decision on_response(plugin::Exchange& exchange) override;
    void on_close(plugin::Exchange& exchange, const plugin::Outcome& outcome) override;

private:
    struct SharedState {
        SharedState(std::size_t size, std::chrono::nanoseconds of_counts)
            : services(size), window(of_counts), table(size) {}
        std::size_t services;
        std::chrono::nanoseconds window;
        KeyedHash hash;
        CircuitTable table;
    };

    void log_change(plugin::Exchange& exchange, Circuit::Change change) const;

    const CircuitRules rules_;
    const std::shared_ptr<SharedState> state_;
};

}  // namespace ferrotunnel::plugins

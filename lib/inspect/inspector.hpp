// The inspector of one client: its records, its rules, and the taps that fill it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/tap.hpp"
#include "inspect/limits.hpp"
#include "inspect/records.hpp"
#include "inspect/secrets.hpp"

namespace ferrotunnel::inspect {

/// Where a connection comes from, and where it leads.
struct Origin {
    std::string service;
    std::string backend;
    std::string visitor;
    std::uint64_t id = 0;         // the number that its first exchange gets; 0: the next one
    std::uint64_t replay_of = 0;  // the exchange that is sent again; 0 if none
    TimePoint at{};               // when the connection began
};

class Inspector : public std::enable_shared_from_this<Inspector> {
public:
    struct Settings {
        std::uint64_t memory = limits::inspect_memory_default;
        std::uint64_t body = limits::inspect_body_default;
        Secrets secrets{};
        bool keeps_originals = true;  // of masked requests, for users who may send them again
    };

    explicit Inspector(Settings settings)
        : settings_(std::move(settings)),
          records_(settings_.memory, limits::inspect_entries_max, settings_.keeps_originals) {}

    const Settings& settings() const noexcept { return settings_; }
    Records& records() noexcept { return records_; }

    /// Thread-safe. Null if there is no memory for one.
    std::unique_ptr<Tap> http_tap(Origin origin) noexcept;
    std::unique_ptr<Tap> connection_tap(Origin origin) noexcept;

private:
    const Settings settings_;
    Records records_;
};

}  // namespace ferrotunnel::inspect

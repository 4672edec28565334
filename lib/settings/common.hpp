// Settings that server and client have in common: their values, rows and check.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/timing.hpp"
#include "runtime/address.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

struct Attached;

/// The values that both sides have; comparable, to detect changes.
struct CommonValues {
    std::uint64_t workers = 0;           // 0: one per core
    std::uint64_t busy_poll = 0;         // microseconds
    std::uint64_t memory_max = 0;        // 0: a share of the machine's memory
    std::chrono::milliseconds resume{};  // 0: sessions end with their connection
    std::uint64_t resume_memory = limits::resume_memory_usual;
    bool allow_weak_token = false;
    bool tls = true;
    std::string control;    // a path, control_usual or control_off; empty: not set
    std::string metrics;    // an address, metrics_usual or metrics_off; empty: not set
    std::string dashboard;  // an address, dashboard_usual or dashboard_off; empty: not set
    std::string dashboard_token_file;
    std::string dashboard_chain;
    std::string dashboard_key;
    Timing timing;
    LogLevel log_level = LogLevel::info;

    friend bool operator==(const CommonValues&, const CommonValues&) = default;
};

/// The words that `control` may have instead of a path.
inline constexpr std::string_view control_off = "off";
inline constexpr std::string_view control_usual = "default";
inline constexpr Choice control_keywords[] = {{control_off}, {control_usual}};

/// The words that `metrics` may have instead of an address.
inline constexpr std::string_view metrics_off = "off";
inline constexpr std::string_view metrics_usual = "default";

/// The words that `dashboard` may have instead of an address.
inline constexpr std::string_view dashboard_off = "off";
inline constexpr std::string_view dashboard_usual = "default";

inline constexpr std::string_view running_topic = "Running";
inline constexpr std::string_view tunnel_topic = "Tunnel connections";

/// A row for each setting of both sides, without their times.
std::span<const Setting<CommonValues>> common_settings() noexcept;
/// The times of both sides.
std::span<const Setting<Timing>> timing_settings() noexcept;
/// The times of clients only, in addition to timing_settings.
std::span<const Setting<Timing>> reconnect_settings() noexcept;

/// The address that a value of `metrics` means; empty if it is off or invalid.
runtime::SocketAddress metrics_address(std::string_view setting);

/// What is wrong with a value of `metrics`; nullopt if it is valid.
std::optional<std::string> metrics_fault(const std::string& text);

/// Appends the problems of the settings of either side.
void check_common(const CommonValues& settings, const Attached& attached, std::vector<Problem>& problems);
/// Appends a problem if the file cannot be read.
void check_readable(const char* key, const std::string& path, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail

// Options that server and client share, and how their settings reach a builder.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/timing.hpp"
#include "options.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

struct CommonSettings {
    std::size_t workers = 0;
    bool allow_weak_token = false;
    bool tls_off = false;
    Timing timing;
    std::chrono::milliseconds drain{0};
    LogLevel log_level = LogLevel::warn;
    LogFormat log_format = LogFormat::text;
};

CommonSettings read_common(const Options& options, std::chrono::milliseconds drain_default, Problems& problems);

/// Help for the options that read_common reads, by section.
std::vector<OptionInfo> running_options(bool of_server);
std::vector<OptionInfo> log_options();
std::vector<OptionInfo> timing_options(bool of_server);

template <typename Builder>
void apply_common(const CommonSettings& settings, Builder& builder) {
    builder.workers(settings.workers)
        .allow_weak_token(settings.allow_weak_token)
        .tls_off(settings.tls_off)
        .timing(settings.timing)
        .log(stderr_log(settings.log_format), settings.log_level);
}

/// What the library found wrong, under the names of our options. What is known to be wrong already is not told twice.
void add_library_problems(const std::vector<Problem>& found, const Options& options, Problems& problems);

}  // namespace ferrotunnel::cli

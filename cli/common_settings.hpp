// Options that server and client share, and how their settings reach a builder.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/secret.hpp"
#include "ferrotunnel/timing.hpp"
#include "options.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

/// What was said on the command line or in the environment is there as such; the rest is merged with the file.
struct CommonSettings {
    std::optional<std::size_t> workers;
    std::optional<std::uint64_t> memory_max;
    std::optional<bool> allow_weak_token;
    std::optional<bool> tls_off;
    std::optional<LogLevel> log_level;  // the file's, if nobody else has said one
    bool is_tls_off = false;            // whoever said so
    Timing timing;
    std::chrono::milliseconds drain{0};
    LogFormat log_format = LogFormat::text;
    std::string_view side;  // what log lines say of whose they are; empty: there is only one
};

/// To the standard error stream.
LogSink log_sink(const CommonSettings& settings);

/// `config`: the file that the options override, and `section` of it; null: there is none.
CommonSettings read_common(const Options& options, std::chrono::milliseconds drain_default, const Config* config,
                           const Config::Section& section, Problems& problems);

/// What programs print where the user has not asked for a level.
inline constexpr LogLevel default_log_level = LogLevel::warn;

/// Help for the options that read_common reads, by section.
std::vector<OptionInfo> running_options(bool of_server);
std::vector<OptionInfo> log_options();
std::vector<OptionInfo> timing_options(bool of_server);

/// Options override what a file has said to the builder before.
template <typename Builder>
void apply_common(const CommonSettings& settings, Builder& builder) {
    if (settings.workers) {
        builder.workers(*settings.workers);
    }
    if (settings.memory_max) {
        builder.memory_max(*settings.memory_max);
    }
    if (settings.allow_weak_token) {
        builder.allow_weak_token(*settings.allow_weak_token);
    }
    if (settings.tls_off) {
        builder.tls_off(*settings.tls_off);
    }
    builder.timing(settings.timing).log(log_sink(settings), settings.log_level.value_or(default_log_level));
}

/// A token of the command line or the environment that is the path of one.
void check_token_word(const Options& options, const std::optional<Secret>& on_command_line, Problems& problems);

/// What the library found wrong: where it stands in the file, or under the names of our options. What is known to be
/// wrong already is not told twice.
void add_library_problems(const std::vector<Problem>& found, const Options& options, Problems& problems);

}  // namespace ferrotunnel::cli

// What server and client have in common for the program itself: the log, and how they end.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/secret.hpp"
#include "options.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

/// What the program itself needs of either side: from the command line, the environment or the file.
struct CommonSettings {
    std::optional<LogLevel> log_level;  // nothing: nobody has said one
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

OptionSection log_section();

/// A token of the command line or the environment that is the path of one.
void check_token_word(const Options& options, const std::optional<Secret>& on_command_line, Problems& problems);

}  // namespace ferrotunnel::cli

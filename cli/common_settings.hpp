// Settings of the program that server and client share: log and drain time.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/secret.hpp"
#include "options.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

/// From the command line, the environment or the file.
struct CommonSettings {
    std::optional<LogLevel> log_level;  // empty: not set
    std::chrono::milliseconds drain{0};
    LogFormat log_format = LogFormat::text;
    std::string_view side;  // the side that log lines name; empty if there is only one
};

/// A sink that writes to the standard error stream.
LogSink log_sink(const CommonSettings& settings);
/// Whether the log is for a program, or as complete as the user wants it: then it repeats what the standard output
/// says.
bool is_whole_log(const CommonSettings& settings);

/// The sink without the lines that have these messages, which the standard output prints too. Only while a person reads
/// both: the log is text, and its level is not set.
LogSink without_echo(const CommonSettings& settings, LogSink sink, const std::set<std::string_view>& told);

/// Reads the settings. `config`: the file that the options override, with its `section`; null without a file.
CommonSettings read_common(const Options& options, std::chrono::milliseconds drain_default, const Config* config,
                           const Config::Section& section, Problems& problems);

/// The default level of the log.
inline constexpr LogLevel default_log_level = LogLevel::warn;

OptionSection log_section();

/// Reports a token on the command line or in the environment that is in fact the path of a token file.
void check_token_word(const Options& options, const std::optional<Secret>& on_command_line, Problems& problems);

}  // namespace ferrotunnel::cli

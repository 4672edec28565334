#include "common_settings.hpp"

#include <string>
#include <utility>

#include "ferrotunnel/detail/path_text.hpp"

namespace ferrotunnel::cli {
namespace {

const std::vector<std::pair<std::string, LogLevel>>& log_levels() {
    static const std::vector<std::pair<std::string, LogLevel>> levels{
        {"trace", LogLevel::trace}, {"debug", LogLevel::debug}, {"info", LogLevel::info},
        {"warn", LogLevel::warn},   {"error", LogLevel::error}, {"off", LogLevel::off}};
    return levels;
}

std::optional<LogLevel> read_log_level(const Options& options, Problems& problems) {
    const std::optional<std::string> chosen = options.choice("log-level", problems);
    for (const auto& [name, level] : log_levels()) {
        if (chosen == name) {
            return level;
        }
    }
    return std::nullopt;
}

}  // namespace

CommonSettings read_common(const Options& options, std::chrono::milliseconds drain_default, const Config* config,
                           const Config::Section& section, Problems& problems) {
    CommonSettings settings;
    settings.drain = options.time("drain", problems).value_or(section.drain.value_or(drain_default));
    settings.log_level = read_log_level(options, problems);
    const std::optional<std::string> format = options.choice("log-format", problems);
    if (config != nullptr) {
        settings.log_level = settings.log_level ? settings.log_level : config->log_level();
        settings.log_format = config->log_format().value_or(settings.log_format);
    }
    if (format) {
        settings.log_format = *format == "json" ? LogFormat::json : LogFormat::text;
    }
    return settings;
}

LogSink log_sink(const CommonSettings& settings) {
    LogSink sink = stderr_log(settings.log_format);
    if (settings.side.empty()) {
        return sink;
    }
    return [sink = std::move(sink), side = settings.side](const LogRecord& record) {
        std::vector<LogRecord::Field> fields{{"side", side}};
        fields.insert(fields.end(), record.fields.begin(), record.fields.end());
        LogRecord told = record;
        told.fields = fields;
        sink(told);
    };
}

bool is_whole_log(const CommonSettings& settings) {
    return settings.log_level || settings.log_format != LogFormat::text;
}

LogSink without_echo(const CommonSettings& settings, LogSink sink, const std::set<std::string_view>& told) {
    if (is_whole_log(settings)) {
        return sink;
    }
    return [sink = std::move(sink), &told](const LogRecord& record) {
        if (!told.contains(record.message)) {
            sink(record);
        }
    };
}

OptionSection log_section() {
    std::vector<std::string> levels;
    for (const auto& [name, level] : log_levels()) {
        levels.push_back(name);
    }
    return {
        "Logs",
        {
            {"log-level", "LEVEL", "Minimum level to log, from trace to off (default warn)",
             "Minimum level logged to the standard error stream: trace, debug, info, warn, error or off. Default: "
             "warn.",
             false, 0, ValueKind::other, std::move(levels)},
            {"log-format",
             "FORMAT",
             "Log format: text, or json (default text)",
             "Log format: text, or json with one object a line. Default: text.",
             false,
             0,
             ValueKind::other,
             {"text", "json"}},
            {"quiet", "", "Print only the public URL, one per line",
             "Print only the public URL of each service to the standard output, one per line, as soon as it is known "
             "and when it changes. Warnings and errors go to the standard error stream. For scripts."},
        }};
}

void check_token_word(const Options& options, const std::optional<Secret>& on_command_line, Problems& problems) {
    std::string token = options.has("token-file") ? "" : options.text("token").value_or("");
    if (on_command_line) {
        token = on_command_line->reveal();
    }
    if (detail::looks_like_path(token, token)) {
        problems.add(options.place_of("token"), "is the path of a file, not a token; give it to --token-file");
    }
}

}  // namespace ferrotunnel::cli

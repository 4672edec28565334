#include "common_settings.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "ferrotunnel/detail/path_text.hpp"
#include "ferrotunnel/detail/read_timing.hpp"

namespace ferrotunnel::cli {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t workers_max = 256;

const std::vector<std::pair<std::string, LogLevel>>& log_levels() {
    static const std::vector<std::pair<std::string, LogLevel>> levels{
        {"trace", LogLevel::trace}, {"debug", LogLevel::debug}, {"info", LogLevel::info},
        {"warn", LogLevel::warn},   {"error", LogLevel::error}, {"off", LogLevel::off}};
    return levels;
}

std::optional<LogLevel> read_log_level(const Options& options, Problems& problems) {
    std::vector<std::string> names;
    for (const auto& [name, level] : log_levels()) {
        names.push_back(name);
    }
    const std::optional<std::string> chosen = options.choice("log-level", names, problems);
    for (const auto& [name, level] : log_levels()) {
        if (chosen == name) {
            return level;
        }
    }
    return std::nullopt;
}

Timing read_timing(const Options& options, Timing timing, Problems& problems) {
    detail::read_timing(timing, true, [&](std::string key, milliseconds& into) {
        std::replace(key.begin(), key.end(), '_', '-');
        const std::optional<milliseconds> value = options.time(key, problems);
        into = value.value_or(into);
        return value.has_value();
    });
    return timing;
}

// The library speaks of settings as its builders call them.
std::string option_of(const std::string& key) {
    static const std::map<std::string, std::string> different{
        {"token", "token-file"},
        {"tls_certificate", "tls-cert"},
        {"https", "https-bind"},
        {"https.certificates", "certificate"},
        {"https.folders", "certificates"},
        {"https.fallback", "fallback-certificate"},
        {"https.client_certificates", "client-ca"},
        {"https.reload_interval", "certificate-reload"},
        {"https.redirect", "https-redirect"},
        {"https.hsts.max_age", "hsts"},
        {"https.hsts.preload", "hsts"},
        {"http_settings.trusted_proxies", "trusted-proxy"},
    };
    if (auto found = different.find(key); found != different.end()) {
        return found->second;
    }
    constexpr std::string_view timing = "timing.";
    std::string name = key.starts_with(timing) ? key.substr(timing.size()) : key;
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
}

}  // namespace

CommonSettings read_common(const Options& options, milliseconds drain_default, const Config* config,
                           const Config::Section& section, Problems& problems) {
    CommonSettings settings;
    settings.workers = options.number("workers", workers_max, problems);
    settings.memory_max = options.size("memory-max", problems);
    if (options.has("allow-weak-token")) {
        settings.allow_weak_token = options.flag("allow-weak-token", problems);
    }
    if (const auto tls = options.choice("tls", {"on", "off"}, problems)) {
        settings.tls_off = *tls == "off";
    }
    settings.is_tls_off = settings.tls_off.value_or(section.tls_off);
    settings.timing = read_timing(options, section.timing, problems);
    settings.drain = options.time("drain", problems).value_or(section.drain.value_or(drain_default));
    settings.log_level = read_log_level(options, problems);
    const std::optional<std::string> format = options.choice("log-format", {"text", "json"}, problems);
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

std::vector<OptionInfo> running_options(bool of_server) {
    return {
        {"workers", "N", "Threads. Default: one per core.", false},
        {"memory-max", "SIZE",
         "Memory for visitors' bytes, like 512MiB; where it is short, visitors who do not read are reset. Default: a "
         "quarter of what the machine or the container has.",
         false},
        {"drain", "TIME",
         std::string("How long present visitors may take to finish after Ctrl-C or SIGTERM. Default: ") +
             (of_server ? "30s." : "10s."),
         false},
        {"endpoint-file", "PATH",
         "For other programs: what is reachable where, lines `control HOST:PORT` and `service NAME HOST:PORT`, "
         "replaced "
         "as a whole when something changes.",
         false},
    };
}

std::vector<OptionInfo> log_options() {
    return {
        {"log-level", "LEVEL", "trace, debug, info, warn, error or off. Default: warn.", false},
        {"log-format", "FORMAT", "text, or json: one object a line. Default: text.", false},
    };
}

std::vector<OptionInfo> timing_options(bool of_server) {
    std::vector<OptionInfo> options{
        {"ping-interval", "TIME", "A quiet connection is pinged after this. Default: 15s.", false},
        {"dead-interval", "TIME", "One without any answer for this long is given up. Default: 45s.", false},
        {"write-timeout", "TIME", "One that takes nothing for this long is given up. Default: 30s.", false},
        {"handshake-timeout", "TIME", "Connecting, TLS and login together. Default: 10s.", false},
        {"open-timeout", "TIME", "A visitor whose service does not answer is turned away. Default: 20s.", false},
    };
    if (!of_server) {
        options.push_back(
            {"reconnect-first", "TIME", "The longest wait before the second attempt. Default: 0.5s.", false});
        options.push_back({"reconnect-max", "TIME", "The longest wait between attempts. Default: 30s.", false});
    }
    return options;
}

void check_token_word(const Options& options, const std::optional<Secret>& on_command_line, Problems& problems) {
    std::string token = options.has("token-file") ? "" : options.text("token").value_or("");
    if (on_command_line) {
        token = on_command_line->reveal();
    }
    if (detail::looks_like_path(token, token)) {
        problems.add(options.place_of("token"), "is the path of a file, and no token; --token-file takes that");
    }
}

void add_library_problems(const std::vector<Problem>& found, const Options& options, Problems& problems) {
    for (const Problem& problem : found) {
        if (!problem.file.empty()) {
            problems.add(problem);
            continue;
        }
        std::string name = option_of(problem.key);
        if (name == "token-file" && !options.has(name) && options.has("token")) {
            name = "token";
        }
        const std::string place = options.place_of(name);
        if (!problems.about(place)) {
            problems.add(place, problem.text);
        }
    }
}

}  // namespace ferrotunnel::cli

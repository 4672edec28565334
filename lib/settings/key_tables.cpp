#include "settings/key_tables.hpp"

#include "ferrotunnel/log.hpp"
#include "ferrotunnel/plugin_use.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr SettingFacts of_root[] = {
    {.key = "server", .help = "The side on a public host, to which clients and visitors connect."},
    {.key = "client", .help = "The side next to the services.", .keys = client_section_keys},
    {.key = "log", .help = "The log on the standard error stream.", .keys = log_keys},
    {.key = "include",
     .type = "file, folder or pattern, or a list",
     .help = "Files whose sections are merged with those of this one; see \"Several files\" below."},
};

constexpr Choice log_levels[] = {
    {"trace", static_cast<std::uint64_t>(LogLevel::trace)}, {"debug", static_cast<std::uint64_t>(LogLevel::debug)},
    {"info", static_cast<std::uint64_t>(LogLevel::info)},   {"warn", static_cast<std::uint64_t>(LogLevel::warn)},
    {"error", static_cast<std::uint64_t>(LogLevel::error)}, {"off", static_cast<std::uint64_t>(LogLevel::off)},
};
constexpr Choice log_formats[] = {
    {"text", static_cast<std::uint64_t>(LogFormat::text)},
    {"json", static_cast<std::uint64_t>(LogFormat::json)},
};
constexpr SettingFacts of_log[] = {
    {.key = "level", .form = Form::choice, .choices = log_levels, .help = "Minimum level that is logged."},
    {.key = "format",
     .form = Form::choice,
     .choices = log_formats,
     .help = "`text`: lines for people; `json`: one "
             "object a line."},
};

constexpr SettingFacts of_plugin_section[] = {
    {.key = "load", .type = "file, or a list", .help = "Files of plugins that are not shipped."},
    {.key = "chain",
     .type = "list of plugins",
     .help = "Plugins in the order in which requests pass them: `NAME: SETTINGS`; see \"Plugins\" below.",
     .keys = plugin_keys},
    {.key = "clients",
     .type = "text, or `none`, or a list",
     .help = "Types of plugins that clients may request for their own services; see [clients](plugins/clients.md). "
             "Default: `auth`, `ip-filter` and `rate-limit`."},
};

constexpr Choice failure_words[] = {
    {"closed", static_cast<std::uint64_t>(PluginFailure::closed)},
    {"open", static_cast<std::uint64_t>(PluginFailure::open)},
};
constexpr Choice mode_words[] = {{"act", 0}, {"observe", 1}};
constexpr SettingFacts of_plugin[] = {
    {.key = "id", .form = Form::word, .type = "id", .help = "Its name in logs. Default: its plugin's name."},
    {.key = "on_failure",
     .form = Form::choice,
     .choices = failure_words,
     .help =
         "What happens to a request when it fails: it gets 503 (`closed`) or continues (`open`). Default: `closed` for "
         "plugins that guard access, otherwise `open`."},
    {.key = "mode",
     .form = Form::choice,
     .choices = mode_words,
     .help = "`observe`: its decisions are counted and logged, but not carried out. Default: `act`."},
    {.key = "hosts",
     .type = "host or pattern, or a list",
     .help = "Hosts where it runs, written as those of services: `a.example.com`, `*.example.com`. Default: all."},
    {.key = "paths",
     .type = "URL path, or a list",
     .help = "Paths where it runs: `/api` and everything below it, `= /status`, `~ /v[0-9]+/.*`. Default: all."},
    {.key = "ignore_case",
     .form = Form::on_off,
     .help = "Whether `paths` are compared without the case of A to Z, for backends that do the same."},
    {.key = "reject_ambiguous_paths",
     .form = Form::on_off,
     .help = "Whether a request gets 400 if it would run and the path has `//`, `;`, `%2F` or `%5C`, which backends "
             "read in different ways."},
    {.key = "services", .type = "name, or a list", .help = "Names of the services where it runs. Default: all."},
    {.key = "when",
     .type = "condition",
     .help = "Condition for the requests where it runs, such as `request.method == \"POST\"`; see "
             "[when](plugins/when.md). Variables are not replaced in it. Default: all requests."},
};

}  // namespace

std::span<const SettingFacts> root_keys() noexcept {
    return of_root;
}

std::span<const SettingFacts> log_keys() noexcept {
    return of_log;
}

std::span<const SettingFacts> plugin_section_keys() noexcept {
    return of_plugin_section;
}

std::span<const SettingFacts> plugin_keys() noexcept {
    return of_plugin;
}

}  // namespace ferrotunnel::detail

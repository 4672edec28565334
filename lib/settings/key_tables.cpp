#include "settings/key_tables.hpp"

#include "ferrotunnel/log.hpp"

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

}  // namespace

std::span<const SettingFacts> root_keys() noexcept {
    return of_root;
}

std::span<const SettingFacts> log_keys() noexcept {
    return of_log;
}

}  // namespace ferrotunnel::detail

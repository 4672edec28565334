#include "settings/key_tables.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/check.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/plugin_use.hpp"
#include "login/rights.hpp"
#include "settings/guarded_services.hpp"
#include "settings/rights.hpp"
#include "settings/server.hpp"
#include "settings/setting_value.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr SettingFacts of_root[] = {
    {.key = "server", .help = "The side on a public host, where clients connect and visitors come in."},
    {.key = "client", .help = "The side next to the services.", .keys = client_section_keys},
    {.key = "log", .help = "On the standard error stream.", .keys = log_keys},
    {.key = "include",
     .type = "file, folder or pattern, or a list",
     .help = "Files whose sections are put beside those of this one; see \"Several files\" below."},
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
    {.key = "level", .form = Form::choice, .choices = log_levels, .help = "What the log has, and what weighs more."},
    {.key = "format", .form = Form::choice, .choices = log_formats, .help = "Lines for people, or one object a line."},
};

constexpr auto kind_words = [] {
    std::array<Choice, std::size(login::service_kinds)> words;
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i].word = login::service_kinds[i].name;
    }
    return words;
}();

constexpr SettingFacts quota(std::string_view key, std::uint64_t most, std::string_view help) {
    return {.key = key, .form = Form::number, .min = 1, .max = most, .help = help};
}

constexpr SettingFacts byte_rate(std::string_view key, std::string_view help,
                                 std::span<const SettingFacts> (*ways)() = nullptr) {
    return {
        .key = key, .form = Form::size, .min = shaping::rate_min, .max = shaping::rate_max, .help = help, .keys = ways};
}

constexpr SettingFacts of_ways[] = {
    byte_rate("up", "From visitors to the service; without it there is no bound that way."),
    byte_rate("down", "From the service to its visitors."),
};

constexpr SettingFacts of_token[] = {
    {.key = "name", .form = Form::word, .help = "What logs call it; else the name of its file, or `token-1`."},
    {.key = "secret", .type = "token", .help = "The token itself, where it has a name.", .is_required = true},
    {.key = "also",
     .type = "token",
     .help = "A second secret that is accepted too, while clients change from one to the other: the new one is "
             "`secret`, the old one `also`."},
    {.key = "hosts",
     .form = Form::words,
     .fault = right_host_fault,
     .type = "host or pattern, or a list",
     .help = "The hosts that it has a right to, at most 256; see \"Rights\" below. Else those that nobody else has a "
             "right to."},
    {.key = "ports",
     .form = Form::words,
     .fault = right_port_fault,
     .type = "port or range, or `any`, or a list",
     .help = "The public ports that it has a right to, at most 256 ranges; `any`: every port to which no other token "
             "has one. Else those of `allow_ports` to which no other token has one."},
    {.key = "kinds",
     .form = Form::words,
     .choices = kind_words,
     .fault = right_kind_fault,
     .type = "kind of service, or a list",
     .help = "The kinds of services that it may have: `tcp`, `udp`, `http`, `tls`, `private`. Else all."},
    {.key = "bind",
     .form = Form::words,
     .fault = right_bind_fault,
     .type = "IP address, or a list",
     .help = "The server's addresses on which its TCP and UDP ports may listen, at most 256; a service that names none "
             "gets the first. Else `tcp_bind`. See \"Rights\" below."},
    {.key = "visited_by",
     .form = Form::words,
     .fault = right_token_fault,
     .type = "name of a token, or a list",
     .help =
         "The other tokens, by their names, whose clients may visit the private services of its clients; those with "
         "this token always may. At most 256."},
    {.key = "from",
     .form = Form::words,
     .fault = network_fault,
     .type = "network, or a list",
     .help = "Where its clients may connect from, at most 256. Else from everywhere."},
    {.key = "expires", .type = "moment", .help = "From then on it is refused, and its sessions end."},
    quota("connections", limits::sessions_max,
          "How many connections its clients may have together, within `connections_per_token`."),
    quota("services", quota_max, "How many services its clients may have together, each counted once."),
    quota("visitors", quota_max,
          "How many visitors its services may have at a time, together; of HTTP services, connections to backends."),
    {.key = "visitors_per_second",
     .type = "0.001 to 1000000",
     .help = "How many new ones may come in a second: as many at once, and at least one."},
    byte_rate("bytes_per_second",
              "How many bytes a second its visitors may move, all together, as much each way; or "
              "`{up: 1M, down: 10M}`. See \"Rights\" below.",
              way_keys),
    byte_rate("service_bytes_per_second", "The same for each of its services.", way_keys),
    byte_rate("visitor_bytes_per_second", "The same for each visitor of a service.", way_keys),
};

constexpr SettingFacts of_guarded_service[] = {
    {.key = "name",
     .type = "name",
     .help = "What clients call the service; also those of a range, and the UDP half of `tcp+udp`.",
     .is_required = true},
    {.key = "token",
     .type = "token",
     .help = "What its client has to prove, as `token` of the service. `ferrotunnel token` makes one.",
     .is_required = true},
    {.key = "also",
     .type = "token",
     .help = "A second one that is accepted too, while clients change from one to the other."},
    {.key = "ports",
     .form = Form::words,
     .fault = guarded_port_fault,
     .type = "port or range, or a list",
     .help = "Public ports for which it is needed too, whatever the service is called; at most 256 ranges."},
    {.key = "hosts",
     .form = Form::words,
     .fault = right_host_fault,
     .type = "host or pattern, or a list",
     .help = "The same of hosts, at most 256: for these, those below a pattern, and patterns around them."},
};

constexpr SettingFacts of_certificate[] = {
    {.key = "chain",
     .form = Form::path,
     .help = "The certificate and the intermediate ones behind it, PEM.",
     .is_required = true},
    {.key = "key", .form = Form::path, .help = "Its key, PEM; else it is in the same file."},
};

constexpr SettingFacts of_client_certificates[] = {
    {.key = "host",
     .type = "host or pattern",
     .help = "Of this host: `app.example.com`, `\"*.example.com\"`, `\"**.example.com\"`, or `\"*\"`: all others.",
     .is_required = true},
    {.key = "ca", .form = Form::path, .help = "The CAs that sign them, PEM.", .is_required = true},
    {.key = "required",
     .form = Form::on_off,
     .help = "`false`: visitors without one are let in too; else they are not."},
};

constexpr SettingFacts of_plugin_section[] = {
    {.key = "load", .type = "file, or a list", .help = "Files of plugins that are not shipped."},
    {.key = "chain",
     .type = "list of plugins",
     .help = "The plugins, in the order in which requests pass them: `NAME: SETTINGS`; see \"Plugins\" below.",
     .keys = plugin_keys},
    {.key = "clients",
     .type = "text, or `none`, or a list",
     .help = "The types of plugins that clients may ask for on services of their own. Else `auth`, `ip-filter` and "
             "`rate-limit`; see [clients](plugins/clients.md)."},
};

constexpr Choice failure_words[] = {
    {"closed", static_cast<std::uint64_t>(PluginFailure::closed)},
    {"open", static_cast<std::uint64_t>(PluginFailure::open)},
};
constexpr Choice mode_words[] = {{"act", 0}, {"observe", 1}};
constexpr SettingFacts of_plugin[] = {
    {.key = "id", .form = Form::word, .type = "id", .help = "What logs call it; else its plugin's name."},
    {.key = "on_failure",
     .form = Form::choice,
     .choices = failure_words,
     .help =
         "What becomes of requests when it fails: 503, or they continue. Else closed for plugins that decide who may "
         "come in."},
    {.key = "mode",
     .form = Form::choice,
     .choices = mode_words,
     .help = "`observe`: what it decides is counted and logged, and not done; else `act`."},
    {.key = "hosts",
     .type = "host or pattern, or a list",
     .help = "The hosts that it is for, written as those of services: `a.example.com`, `*.example.com`. Else all."},
    {.key = "paths",
     .type = "URL path, or a list",
     .help = "The paths that it is for: `/api` and what is below it, `= /status`, `~ /v[0-9]+/.*`. Else all."},
    {.key = "ignore_case",
     .form = Form::on_off,
     .help = "Compares `paths` without the case of A to Z, for backends that do the same."},
    {.key = "reject_ambiguous_paths",
     .form = Form::on_off,
     .help = "Answers 400 where it would run and the path has `//`, `;`, `%2F` or `%5C`, which backends read in "
             "different ways."},
    {.key = "services", .type = "name, or a list", .help = "The services that it is for, by their names. Else all."},
    {.key = "when",
     .type = "condition",
     .help = "For which requests it runs, like `request.method == \"POST\"`; see [when](plugins/when.md). Variables "
             "are not replaced in it. Else for all."},
};

constexpr SettingFacts of_page[] = {
    {.key = "html", .form = Form::path, .help = "For visitors who want HTML."},
    {.key = "json", .form = Form::path, .help = "For those who want JSON."},
    {.key = "text", .form = Form::path, .help = "For all others."},
};
constexpr SettingFacts of_page_host[] = {
    {.key = "pages", .type = "pages", .help = "Pages of your own for this host."},
};

}  // namespace

std::span<const SettingFacts> root_keys() noexcept {
    return of_root;
}

std::span<const SettingFacts> log_keys() noexcept {
    return of_log;
}

std::span<const SettingFacts> way_keys() noexcept {
    return of_ways;
}

std::span<const SettingFacts> token_keys() noexcept {
    return of_token;
}

std::span<const SettingFacts> guarded_service_keys() noexcept {
    return of_guarded_service;
}

std::span<const SettingFacts> certificate_keys() noexcept {
    return of_certificate;
}

std::span<const SettingFacts> client_certificate_keys() noexcept {
    return of_client_certificates;
}

std::span<const SettingFacts> plugin_section_keys() noexcept {
    return of_plugin_section;
}

std::span<const SettingFacts> plugin_keys() noexcept {
    return of_plugin;
}

std::span<const SettingFacts> page_keys() noexcept {
    return of_page;
}

std::span<const SettingFacts> page_host_keys() noexcept {
    return of_page_host;
}

void make_known(config::Section& section, std::span<const SettingFacts> keys) {
    for (const SettingFacts& each : keys) {
        section.know(each.key);
    }
}

config::Section section_of(const config::Value& value, std::span<const SettingFacts> keys) {
    config::Section section = value.section();
    make_known(section, keys);
    return section;
}

const SettingFacts& key_called(std::span<const SettingFacts> keys, std::string_view key) {
    const auto found = std::ranges::find(keys, key, &SettingFacts::key);
    check(found != keys.end(), "a reader asks for a key that its table does not have");
    return *found;
}

std::optional<std::uint64_t> read_key(config::Section& section, std::span<const SettingFacts> keys,
                                      std::string_view key) {
    std::optional<std::uint64_t> number;
    if (const auto value = section.find(std::string(key))) {
        (void)read_value(key_called(keys, key), *value, number);
    }
    return number;
}

}  // namespace ferrotunnel::detail

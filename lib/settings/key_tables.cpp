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
    byte_rate("up", "From visitors to the service; unlimited if missing."),
    byte_rate("down", "From the service to visitors; unlimited if missing."),
};

constexpr SettingFacts of_token[] = {
    {.key = "name",
     .form = Form::word,
     .help = "Name of the token in logs. Default: the name of its file, or `token-1`."},
    {.key = "secret", .type = "token", .help = "The token itself, in an item with a name.", .is_required = true},
    {.key = "also",
     .type = "token",
     .help = "A second secret that is also accepted, while clients change from one to the other: the new one is "
             "`secret`, the old one `also`."},
    {.key = "hosts",
     .form = Form::words,
     .fault = right_host_fault,
     .type = "host or pattern, or a list",
     .help = "Hosts that the token has a right to, at most 256; see \"Rights\" below. Default: those to which no other "
             "token has a right."},
    {.key = "ports",
     .form = Form::words,
     .fault = right_port_fault,
     .type = "port or range, or `any`, or a list",
     .help =
         "Public ports that the token has a right to, at most 256 ranges; `any`: every port to which no other token "
         "has a right. Default: the `allow_ports` to which no other token has a right."},
    {.key = "kinds",
     .form = Form::words,
     .choices = kind_words,
     .fault = right_kind_fault,
     .type = "service kind, or a list",
     .help = "Kinds of services that the token may have: `tcp`, `udp`, `http`, `tls`, `private`. Default: all."},
    {.key = "bind",
     .form = Form::words,
     .fault = right_bind_fault,
     .type = "IP address, or a list",
     .help = "Addresses of the server on which the token's TCP and UDP ports may listen, at most 256; a service that "
             "names none gets the first. Default: `tcp_bind`. See \"Rights\" below."},
    {.key = "visited_by",
     .form = Form::words,
     .fault = right_token_fault,
     .type = "token name, or a list",
     .help = "Names of the other tokens whose clients may visit the private services of this one, at most 256; clients "
             "with this token always may."},
    {.key = "from",
     .form = Form::words,
     .fault = network_fault,
     .type = "IP address or network, or a list",
     .help = "Addresses that clients with the token may connect from, at most 256. Default: all."},
    {.key = "expires",
     .type = "timestamp",
     .help = "When the token expires: from then on it is refused, and its sessions end."},
    quota("connections", limits::sessions_max,
          "Maximum number of connections of the token's clients together, within `connections_per_token`."),
    quota("services", quota_max, "Maximum number of services of the token's clients together, each counted once."),
    quota("visitors", quota_max,
          "Maximum number of visitors of the token's services together, at a time; for HTTP services, connections to "
          "backends count."),
    {.key = "visitors_per_second",
     .type = "0.001 to 1000000",
     .help = "New visitors per second; as many may arrive at once, and at least one."},
    byte_rate("bytes_per_second",
              "Bytes per second of all the token's visitors together, in each direction; or `{up: 1M, down: 10M}`. See "
              "\"Rights\" below.",
              direction_keys),
    byte_rate("service_bytes_per_second", "Bytes per second of all visitors of each service, in each direction.",
              direction_keys),
    byte_rate("visitor_bytes_per_second", "Bytes per second of each visitor of a service, in each direction.",
              direction_keys),
};

constexpr SettingFacts of_guarded_service[] = {
    {.key = "name",
     .type = "name",
     .help = "Name of the service, as its client calls it. Also matches the services of a port range, and the UDP "
             "service of `tcp+udp`.",
     .is_required = true},
    {.key = "token",
     .type = "token",
     .help = "Token that the service's client must prove, as `token` of the service. `ferrotunnel token` makes one.",
     .is_required = true},
    {.key = "also",
     .type = "token",
     .help = "A second token that is also accepted, while clients change from one to the other."},
    {.key = "ports",
     .form = Form::words,
     .fault = guarded_port_fault,
     .type = "port or range, or a list",
     .help = "Public ports that require the token too, whatever the service's name; at most 256 ranges."},
    {.key = "hosts",
     .form = Form::words,
     .fault = right_host_fault,
     .type = "host or pattern, or a list",
     .help =
         "Hosts that require the token too, at most 256. It is also required for hosts below such a pattern, and for "
         "patterns that include such a host."},
};

constexpr SettingFacts of_certificate[] = {
    {.key = "chain",
     .form = Form::path,
     .help = "The certificate, followed by the intermediate ones, PEM.",
     .is_required = true},
    {.key = "key", .form = Form::path, .help = "Private key of `chain`, PEM. Default: in the same file."},
};

constexpr SettingFacts of_client_certificates[] = {
    {.key = "host",
     .type = "host or pattern",
     .help = "Host of the rule: `app.example.com`, `\"*.example.com\"`, `\"**.example.com\"`, or `\"*\"` for all "
             "others.",
     .is_required = true},
    {.key = "ca", .form = Form::path, .help = "CAs that sign the visitors' certificates, PEM.", .is_required = true},
    {.key = "required",
     .form = Form::on_off,
     .help = "`false`: visitors without a certificate are accepted too. Default: they are rejected."},
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
    {.key = "id",
     .form = Form::word,
     .type = "id",
     .help = "Name of this instance in logs. Default: the name of its plugin."},
    {.key = "on_failure",
     .form = Form::choice,
     .choices = failure_words,
     .help = "What happens to a request when the plugin fails: it gets 503 (`closed`) or continues (`open`). Default: "
             "`closed` for plugins that guard access, otherwise `open`."},
    {.key = "mode",
     .form = Form::choice,
     .choices = mode_words,
     .help = "`observe`: the plugin's decisions are counted and logged, but not carried out. Default: `act`."},
    {.key = "hosts",
     .type = "host or pattern, or a list",
     .help =
         "Hosts where the plugin runs, written as those of services: `a.example.com`, `*.example.com`. Default: all."},
    {.key = "paths",
     .type = "URL path, or a list",
     .help =
         "Paths where the plugin runs: `/api` and everything below it, `= /status`, `~ /v[0-9]+/.*`. Default: all."},
    {.key = "ignore_case",
     .form = Form::on_off,
     .help = "Whether `paths` are compared without the case of A to Z, for backends that do the same."},
    {.key = "reject_ambiguous_paths",
     .form = Form::on_off,
     .help = "Whether a request gets 400 if the plugin would run and the path has `//`, `;`, `%2F` or `%5C`, which "
             "backends read in different ways."},
    {.key = "services",
     .type = "name, or a list",
     .help = "Names of the services where the plugin runs. Default: all."},
    {.key = "when",
     .type = "condition",
     .help = "Condition for the requests where the plugin runs, such as `request.method == \"POST\"`; see "
             "[when](plugins/when.md). Variables are not replaced in it. Default: all requests."},
};

constexpr SettingFacts of_page[] = {
    {.key = "html", .form = Form::path, .help = "Page for visitors that accept HTML."},
    {.key = "json", .form = Form::path, .help = "Page for visitors that accept JSON."},
    {.key = "text", .form = Form::path, .help = "For all other visitors."},
};
constexpr SettingFacts of_page_host[] = {
    {.key = "pages", .type = "map of statuses to files", .help = "Pages of your own for this host."},
};

}  // namespace

std::span<const SettingFacts> root_keys() noexcept {
    return of_root;
}

std::span<const SettingFacts> log_keys() noexcept {
    return of_log;
}

std::span<const SettingFacts> direction_keys() noexcept {
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

void declare_keys(config::Section& section, std::span<const SettingFacts> keys) {
    for (const SettingFacts& each : keys) {
        section.declare(each.key);
    }
}

config::Section section_of(const config::Value& value, std::span<const SettingFacts> keys) {
    config::Section section = value.section();
    declare_keys(section, keys);
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

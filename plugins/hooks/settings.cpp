#include "hooks/settings.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "common/http_client.hpp"
#include "common/settings_list.hpp"
#include "common/watched_file.hpp"
#include "hooks/signature.hpp"

namespace ferrotunnel::plugins {

using plugin::Settings;
using plugin::Text;

namespace {

constexpr std::size_t headers_max = 16;
constexpr std::size_t header_bytes_max = 8 * 1024;
constexpr std::size_t secret_bytes_min = 16;

/// Whether nobody on a network can read what is sent. `host`: with its port, if any.
bool is_private_way(const std::string& url, const std::string& host) {
    if (same_name(url.substr(0, url.find(':')), "https")) {
        return true;
    }
    const std::size_t end = host.starts_with('[') ? host.find(']') + 1 : host.find(':');
    const std::string name = host.substr(0, end);
    const bool is_ipv4 = name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string::npos;
    return is_ipv4 || name == "[::1]" || same_name(name, "localhost");
}

void check_url(const Settings& settings) {
    const std::string url(settings.text("url").value_or(Text()));
    if (const std::string fault = url_fault(url); !fault.empty()) {
        settings.problem("url", fault);
        return;
    }
    const std::size_t begin = url.find("//") + 2;
    const std::string host = url.substr(begin, url.find_first_of("/?#", begin) - begin);
    if (names_event(settings, Event::authenticate) && !is_private_way(url, host)) {
        settings.problem("url",
                         "must be https, or http on this machine (127.0.0.1, [::1] or localhost), for the event "
                         "`authenticate`, since the endpoint's answers have tokens");
    }
    if (host.find('@') != std::string::npos) {
        settings.problem("url", "has a user or password; set Authorization in `headers` instead");
    }
}

bool is_field_of_plugin(Text name) {
    constexpr Text host = "Host";
    constexpr Text accept = "Accept";
    constexpr Text coding = "Transfer-Encoding";
    return is_reserved_field(name) || same_name(name, signature_field) || same_name(name, host) ||
           same_name(name, accept) || same_name(name, coding);
}

std::string header_path(const std::string& name) {
    return "headers[\"" + name + "\"]";
}

void check_headers(const Settings& settings) {
    for (std::size_t i = 0; i < settings.count("headers"); ++i) {
        const std::string name(settings.key("headers", i));
        const Text value = settings.text(header_path(name)).value_or(Text());
        if (is_field_of_plugin(name) || !plugin::may_write(name)) {
            settings.problem(header_path(name),
                             "is not a field that can be set: it is not a valid name, or one that the "
                             "request already has");
        } else if (!plugin::may_write(name, value) || value.size() > header_bytes_max) {
            settings.problem(header_path(name),
                             "has a value that is not valid in a field: it has a line end, or more "
                             "than 8 KiB");
        }
    }
    if (settings.count("headers") > headers_max) {
        settings.problem("headers", "has more than 16 fields");
    }
}

void check_secrets(const Settings& settings) {
    const std::vector<std::string> secrets = settings_list(settings, "secrets");
    for (std::size_t i = 0; i < secrets.size(); ++i) {
        if (secrets[i].size() < secret_bytes_min) {
            settings.problem("secrets[" + std::to_string(i) + "]",
                             "is shorter than 16 bytes; `openssl rand -hex 32` makes one");
        }
    }
}

}  // namespace

void check_hooks(const Settings& settings) {
    settings.sets_note("*");  // the endpoint chooses the notes
    if (names_event(settings, Event::authenticate)) {
        settings.looks_up_tokens("events");
    }
    check_url(settings);
    check_headers(settings);
    check_secrets(settings);
    if (const auto file = settings.text("ca_file")) {
        if (const std::string fault = ca_file_fault(std::string(*file)); !fault.empty()) {
            settings.problem("ca_file", fault);
        }
    }
}

Endpoint::Options endpoint_options(const Settings& settings) {
    Endpoint::Options options;
    options.url = settings.text("url").value_or(Text());
    options.ca_file = settings.text("ca_file").value_or(Text());
    for (std::size_t i = 0; i < settings.count("headers"); ++i) {
        const std::string name(settings.key("headers", i));
        options.fields.push_back({name, std::string(settings.text(header_path(name)).value_or(Text()))});
    }
    options.secrets = settings_list(settings, "secrets");
    options.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::nanoseconds(settings.integer("timeout").value_or(0)));
    options.connections = static_cast<std::size_t>(settings.integer("connections").value_or(1));
    options.queue = static_cast<std::size_t>(settings.integer("queue").value_or(0));
    return options;
}

bool names_event(const Settings& settings, Event event) {
    const std::vector<std::string> names = settings_list(settings, "events");
    return std::find(names.begin(), names.end(), name_of(event)) != names.end();
}

}  // namespace ferrotunnel::plugins

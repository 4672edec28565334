#include "settings/http.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "http/characters.hpp"

namespace ferrotunnel::detail {
namespace {

using Settings = HttpServerSettings;

constexpr HttpTime times[] = {
    {"head_timeout", &Settings::head_timeout},
    {"idle_timeout", &Settings::idle_timeout},
    {"write_timeout", &Settings::write_timeout},
    {"linger_timeout", &Settings::linger_timeout},
    {"backend_connect_timeout", &Settings::backend_connect_timeout},
    {"first_byte_timeout", &Settings::first_byte_timeout},
    {"body_grace", &Settings::body_grace},
    {"upgraded_idle_timeout", &Settings::upgraded_idle_timeout},
    {"pool_idle_timeout", &Settings::pool_idle_timeout},
    {"first_byte_timeout_max", &Settings::first_byte_timeout_max, limits::http_first_byte_max},
    {"upgraded_idle_timeout_max", &Settings::upgraded_idle_timeout_max, limits::http_upgraded_idle_max},
};

constexpr HttpNumber numbers[] = {
    {"linger_bytes", &Settings::linger_bytes, 0, limits::http_linger_settable_max, true},
    {"requests_per_connection", &Settings::requests_per_connection, 1, limits::http_requests_settable_max, false},
    {"connections", &Settings::connections, 1, limits::http_connections_settable_max, false},
    {"connections_per_address", &Settings::connections_per_address, 1, limits::http_connections_settable_max, false},
    {"head_bytes", &Settings::head_bytes, limits::http_head_settable_min, limits::http_head_settable_max, true},
    {"line_bytes", &Settings::line_bytes, limits::http_line_settable_min, limits::http_line_settable_max, true},
    {"fields", &Settings::fields, 1, limits::http_fields_max, false},
    {"target_bytes", &Settings::target_bytes, limits::http_target_settable_min, limits::http_target_max, true},
    {"body_rate", &Settings::body_rate, 0, limits::http_body_rate_settable_max, true},
    {"pool_per_service", &Settings::pool_per_service, 0, limits::http_connections_settable_max, false},
    {"pool", &Settings::pool, 0, limits::http_connections_settable_max, false},
    {"replay_bytes", &Settings::replay_bytes, 0, limits::http_replay_settable_max, true},
};

constexpr HttpSwitch switches[] = {
    {"upgrades", &Settings::upgrades},
    {"forwarded", &Settings::forwarded},
};

void check_times(const Settings& settings, std::vector<Problem>& problems) {
    for (const HttpTime& time : times) {
        const std::chrono::milliseconds value = settings.*time.value;
        if (value <= value.zero()) {
            problems.push_back({http_setting(time.key), "must be above zero"});
        } else if (value > time.max) {
            using hours = std::chrono::hours;
            problems.push_back(
                {http_setting(time.key),
                 "must be at most " + std::to_string(std::chrono::floor<hours>(time.max).count()) + " hours"});
        }
    }
}

void check_numbers(const Settings& settings, std::vector<Problem>& problems) {
    for (const HttpNumber& number : numbers) {
        const std::uint32_t value = settings.*number.value;
        if (value < number.min || value > number.max) {
            problems.push_back({http_setting(number.key),
                                "expected " + std::string(number.is_size ? "a size" : "a number") + " from " +
                                    std::to_string(number.min) + " to " + std::to_string(number.max) +
                                    (number.is_size ? " bytes" : "") + ", found " + std::to_string(value)});
        }
    }
}

void check_pages(const std::vector<HttpPage>& pages, std::vector<Problem>& problems) {
    const std::string setting = http_setting("pages");
    if (pages.size() > limits::http_pages_max) {
        problems.push_back({setting, "has more than " + std::to_string(limits::http_pages_max) + " pages"});
        return;
    }
    std::set<std::tuple<std::string, std::string, HttpPage::Format>> known;
    for (const HttpPage& page : pages) {
        http::HostPages checked;
        if (const auto wrong = add_page(page, checked)) {
            problems.push_back({setting, "the page for " + in_quotes(page.state) + ' ' + *wrong});
        } else if (!known.insert({page.host, page.state, page.format}).second) {
            problems.push_back({setting, "there are two pages for " + in_quotes(page.state) + " in one format" +
                                             (page.host.empty() ? "" : ", for the host " + in_quotes(page.host))});
        }
    }
}

}  // namespace

std::span<const HttpTime> http_times() noexcept {
    return times;
}

std::span<const HttpNumber> http_numbers() noexcept {
    return numbers;
}

std::span<const HttpSwitch> http_switches() noexcept {
    return switches;
}

std::string http_setting(const std::string& key) {
    return "http_settings." + key;
}

void check_http_settings(const HttpServerSettings& settings, std::vector<Problem>& problems) {
    check_times(settings, problems);
    check_numbers(settings, problems);
    if (settings.body_max > limits::http_body_bytes_max) {
        problems.push_back({http_setting("body_max"), "must be below 2^63"});
    }
    if (!settings.via.empty() && (settings.via.size() > limits::http_via_max || !http::is_token(settings.via))) {
        problems.push_back({http_setting("via"), in_quotes(settings.via) +
                                                     " is no name for Via; expected up to 64 letters, digits and "
                                                     "!#$%&'*+-.^_`|~"});
    }
    if (const auto networks = networks_of(settings.trusted_proxies); !networks) {
        problems.push_back({http_setting("trusted_proxies"), networks.error()});
    }
    check_pages(settings.pages, problems);
}

// --- pages ---

std::optional<PageStates> page_states_of(const std::string& name) {
    PageStates found;
    found.all = name == "all";
    if (const auto state = http::page_state_of(std::string_view(name))) {
        found.states.push_back(*state);
    }
    for (std::size_t i = 0; i < http::page_states; ++i) {
        const http::PageStateInfo& info = http::info_of(static_cast<http::PageState>(i));
        if (std::to_string(info.status) == name) {
            found.states.push_back(info.state);
        }
    }
    return found.all || !found.states.empty() ? std::optional(found) : std::nullopt;
}

std::optional<std::string> add_page(const HttpPage& page, http::HostPages& pages) {
    static_assert(static_cast<int>(HttpPage::Format::html) == static_cast<int>(http::PageFormat::html) &&
                  static_cast<int>(HttpPage::Format::json) == static_cast<int>(http::PageFormat::json) &&
                  static_cast<int>(HttpPage::Format::text) == static_cast<int>(http::PageFormat::text));
    const auto states = page_states_of(page.state);
    if (!states) {
        return "is for nothing that happens; expected a status like 404, a state like no_client, or all";
    }
    auto parsed = http::PageTemplate::parse(page.text, static_cast<http::PageFormat>(page.format));
    if (!parsed) {
        return parsed.error().text;
    }
    const auto host = http::parse_host_pattern(page.host.empty() ? "*" : page.host);
    if (!host) {
        return "is for the host " + in_quotes(page.host) + ", which " + host.error().text;
    }
    http::PageSet& set = pages.of(*host);
    if (states->all) {
        set.set_default(std::move(*parsed));
        return std::nullopt;
    }
    for (const http::PageState state : states->states) {
        set.set(state, *parsed);
    }
    return std::nullopt;
}

// The most exact one is put in last, and stays.
http::HostPages pages_of(const std::vector<HttpPage>& pages) {
    const auto exactness = [](const HttpPage& page) {
        return page.state == "all" ? 0 : http::page_state_of(std::string_view(page.state)) ? 2 : 1;
    };
    http::HostPages all;
    for (int level = 0; level <= 2; ++level) {
        for (const HttpPage& page : pages) {
            if (exactness(page) == level) {
                (void)add_page(page, all);
            }
        }
    }
    return all;
}

// --- trusted proxies ---

Result<net::IpNetworks, std::string> networks_of(const std::vector<std::string>& texts) {
    std::vector<net::IpNetwork> networks;
    for (const std::string& text : texts) {
        auto network = net::IpNetwork::parse(text);
        if (!network) {
            return in_quotes(text) + ' ' + network.error();
        }
        networks.push_back(*network);
    }
    if (networks.size() > limits::http_trusted_proxies_max) {
        return "more than " + std::to_string(limits::http_trusted_proxies_max) + " networks";
    }
    return net::IpNetworks(std::move(networks));
}

// --- the builder ---

void set_http_settings(ServerSettings& settings, HttpServerSettings changed) {
    const auto forget = [&](const char* key, bool same) {
        if (!same) {
            settings.origins.erase(http_setting(key));
        }
    };
    const auto compare = [&](const auto& list) {
        for (const auto& each : list) {
            forget(each.key, settings.http.*each.value == changed.*each.value);
        }
    };
    compare(times);
    compare(numbers);
    compare(switches);
    forget("body_max", settings.http.body_max == changed.body_max);
    forget("trusted_proxies", settings.http.trusted_proxies == changed.trusted_proxies);
    forget("via", settings.http.via == changed.via);
    forget("pages", settings.http.pages == changed.pages);
    settings.http = std::move(changed);
}

}  // namespace ferrotunnel::detail

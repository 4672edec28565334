// The settings of the HTTP edge, one by one: what configurations call them and how large they may be.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http_settings.hpp"
#include "http/page.hpp"
#include "net/ip_network.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

struct HttpTime {
    const char* key;
    std::chrono::milliseconds HttpServerSettings::*value;
    std::chrono::milliseconds max = limits::config_time_max;
};

struct HttpNumber {
    const char* key;
    std::uint32_t HttpServerSettings::*value;
    std::uint32_t min;
    std::uint32_t max;
    bool is_size;  // in bytes
};

struct HttpSwitch {
    const char* key;
    bool HttpServerSettings::*value;
};

std::span<const HttpTime> http_times() noexcept;
std::span<const HttpNumber> http_numbers() noexcept;
std::span<const HttpSwitch> http_switches() noexcept;

/// What problems and origins call a setting: "http_settings.head_timeout".
std::string http_setting(const std::string& key);

void check_http_settings(const HttpServerSettings& settings, std::vector<Problem>& problems);

/// The states that a page is for: by a status, a state's name, or "all" (then none is listed). Nothing: there is none
/// of that name.
struct PageStates {
    bool all = false;
    std::vector<http::PageState> states;
};
std::optional<PageStates> page_states_of(const std::string& name);

/// One page is put into `pages`; or the words of what is wrong, which go behind its name.
std::optional<std::string> add_page(const HttpPage& page, http::HostPages& pages);

/// The check has found them good.
http::HostPages pages_of(const std::vector<HttpPage>& pages);

/// The error has the first one that is wrong, and why.
Result<net::IpNetworks, std::string> networks_of(const std::vector<std::string>& texts);

/// Only what it changes is the application's from now on.
void set_http_settings(ServerSettings& settings, HttpServerSettings changed);

}  // namespace ferrotunnel::detail

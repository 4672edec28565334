// The settings of the HTTP edge: their keys and bounds.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/http_settings.hpp"
#include "http/page.hpp"
#include "net/ip_network.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

/// A row for each setting of the HTTP edge.
std::span<const Setting<HttpServerSettings>> http_settings() noexcept;

void check_http_settings(const HttpServerSettings& settings, std::vector<Problem>& problems);

/// The states of a page.
struct PageStates {
    bool all = false;  // then `states` is empty
    std::vector<http::PageState> states;
};
/// The states that a status, a state's name or "all" means; empty if the name is unknown.
std::optional<PageStates> page_states_of(const std::string& name);

/// Adds one page to `pages`, or returns the problem, worded to follow the page's name.
std::optional<std::string> add_page(const HttpPage& page, http::HostPages& pages);

/// Combines checked pages.
http::HostPages pages_of(const std::vector<HttpPage>& pages);

/// Parses networks. The error names the first invalid one and its problem, or reports that there are too many.
Result<net::IpNetworks, std::string> networks_of(const std::vector<std::string>& texts);

}  // namespace ferrotunnel::detail

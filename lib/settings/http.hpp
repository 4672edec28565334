// The settings of the HTTP edge, one by one: what configurations call them and how large they may be.
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

/// The states that a page is for.
struct PageStates {
    bool all = false;  // then none is listed
    std::vector<http::PageState> states;
};
/// The states that a status, a state's name or "all" means. Nothing: there is none of that name.
std::optional<PageStates> page_states_of(const std::string& name);

/// Adds one page to `pages`; or returns what is wrong with it, in words that go behind its name.
std::optional<std::string> add_page(const HttpPage& page, http::HostPages& pages);

/// Puts together pages that the check has found good.
http::HostPages pages_of(const std::vector<HttpPage>& pages);

/// Parses networks. The error has the first one that is wrong, and why; or says that there are too many.
Result<net::IpNetworks, std::string> networks_of(const std::vector<std::string>& texts);

}  // namespace ferrotunnel::detail

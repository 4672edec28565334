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

/// A row for each.
std::span<const Setting<HttpServerSettings>> http_settings() noexcept;

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

}  // namespace ferrotunnel::detail

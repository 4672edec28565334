// The settings of the HTTP edge: their rows, the reader of its pages, and their check.
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

class SectionReader;

/// A row for each setting of the HTTP edge.
std::span<const Setting<HttpServerSettings>> http_settings() noexcept;

std::span<const SettingFacts> page_keys() noexcept;       // the formats of a page
std::span<const SettingFacts> page_host_keys() noexcept;  // of a host with pages of its own

/// Reads `server.http.pages` and `server.http.hosts`.
void read_http_sections(SectionReader& reader, HttpServerSettings& http);

void check_http_settings(const HttpServerSettings& settings, std::vector<Problem>& problems);
/// The part of it that is about pages.
void check_pages(const std::vector<HttpPage>& pages, std::vector<Problem>& problems);

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

/// What is wrong with the text of a network or address; nullopt if it is valid.
std::optional<std::string> network_fault(const std::string& text);

/// Parses networks. The error names the first invalid one and its problem, or reports that there are too many.
Result<net::IpNetworks, std::string> networks_of(const std::vector<std::string>& texts);

}  // namespace ferrotunnel::detail

// The dashboard's address: its files, and the control API below /api. docs/dashboard.md describes it.
//
// A peer is on this machine and belongs to the program's own user or root, which its thread checks; or has logged in
// (web_login.hpp). The remaining threat is a page of another site in that user's browser:
//   - Host must be an address or localhost, so that a name that resolves to this machine cannot pass for ours (DNS
//     rebinding); with a login, the cookie is bound to its host;
//   - a request that changes something needs an Origin of ours if it has one, a Sec-Fetch-Site that is not another
//     site's, and a body of JSON, which no form can send;
//   - no page may show ours in a frame, and ours loads nothing from other sites.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "admin/answer.hpp"
#include "admin/resources.hpp"
#include "admin/subject.hpp"

namespace ferrotunnel::admin {

/// How a dashboard is reached.
struct WebAccess {
    /// Returns the answer to a request below /api from a browser that has not logged in, and nothing for one that has.
    /// Empty if no login is required.
    std::function<std::optional<Answer>(const Request&)> login{};
    bool is_secure = false;  // over TLS
};

Answer answer_to_browser(const Request& request, Subject& subject, const WebAccess& access = {});

/// Whether Host is an IP address or "localhost", which mean this machine whatever DNS returns.
bool is_address_or_localhost(std::string_view host);

}  // namespace ferrotunnel::admin

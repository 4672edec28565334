// What is answered at the dashboard's address: its files, and the control API below /api. docs/dashboard.md describes
// it.
//
// A peer is of this machine, and the program's own user or root: its thread sees to that; or has logged in
// (web_login.hpp). What is left to guard against is a page of somebody else in that user's browser:
//   - Host has to be an address or localhost, so no name that leads here makes the page one of ours (DNS rebinding);
//     where one logs in, it is the cookie that knows its host;
//   - a request that changes something needs an Origin of ours where there is one, a Sec-Fetch-Site that is not
//     another's, and a body of JSON, which no form can send;
//   - no page may show ours in a frame, and ours takes nothing from elsewhere.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "admin/answer.hpp"
#include "admin/resources.hpp"
#include "admin/subject.hpp"

namespace ferrotunnel::admin {

/// By which way a dashboard is reached.
struct WebAccess {
    /// Answers a request below /api of a browser that has not logged in; nothing: it has. Empty: nobody needs to.
    std::function<std::optional<Answer>(const Request&)> login{};
    bool is_secure = false;  // by TLS
};

Answer answer_to_browser(const Request& request, Subject& subject, const WebAccess& access = {});

/// Whether Host is an IP address or "localhost", which lead to this machine whatever names do.
bool is_address_or_localhost(std::string_view host);

}  // namespace ferrotunnel::admin

// Which hosts and paths of FerroTunnel a list of cloudflared's rules stands for.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::cli::importing::cloudflared {

/// The conditions of a rule. The first rule whose conditions match a request decides about it.
struct Conditions {
    std::string host;  // as in the file; empty or `*`: all
    std::string path;  // a regular expression for a part of the path; empty: all
};

/// The same for a service, of which the most specific host decides, and then the path.
struct Route {
    std::vector<std::string> hosts;  // empty: an earlier rule matches everything that this one does
    std::string path;                // value of `path`; empty: all
    bool is_needed = true;           // false: without a service, visitors get 404 as well
};

/// A host with its wildcard as here: `*.example.com` of cloudflared matches several labels, too.
std::string host_pattern(std::string_view host);

/// The routes of all rules, in their order. Rules whose `answers` is false have no backend, only a status.
std::vector<Route> routes_of(std::span<const Conditions> rules, const std::vector<bool>& answers);

/// An expression for the whole path instead of a part of it.
std::string whole_path_expression(std::string_view expression);

/// A path rule without an expression that matches the same: `/api` for `^/api(/.*)?$`, `= /status` for `^/status$`.
/// Empty if there is none.
std::string plain_path(std::string_view expression);

}  // namespace ferrotunnel::cli::importing::cloudflared

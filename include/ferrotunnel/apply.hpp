// The result of applying settings to a running Server or Client.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/service.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"
#include "ferrotunnel/udp.hpp"

namespace ferrotunnel {

/// A service of any kind, as accepted by Client::add.
using AnyService = std::variant<Tcp, Http, Tls, Udp>;

/// The result of Server::apply and Client::apply. Either there are `problems` and nothing was changed, or there are
/// none and everything that can change at run time was changed.
struct ApplyReport {
    /// A setting that was applied, or one element of a setting that has several.
    struct Change {
        enum class Kind { changed, added, removed } kind = Kind::changed;
        std::string key;     ///< as in a configuration file: "server.token", "client.services"
        std::string name{};  ///< of the token or service; empty if the setting has a single value

        friend bool operator==(const Change&, const Change&) = default;
    };

    std::vector<Change> applied;
    /// The keys whose values differ but apply only to a new Server or Client.
    std::vector<std::string> needs_restart;
    /// Everything that is wrong, with its place if it comes from a file.
    std::vector<Problem> problems;
    /// The unchanged services and tokens: "client.services web", "server.token alice".
    std::vector<std::string> same;
    /// For a client: handles of services that are new, or were changed and registered again.
    std::vector<Service> services;

    /// Whether the settings were accepted, without problems.
    bool ok() const noexcept { return problems.empty(); }
    /// Whether all settings equal the current ones.
    bool unchanged() const noexcept { return ok() && applied.empty() && needs_restart.empty(); }
};

/// Returns the change as text: "server.token alice added", "log.level changed".
FERROTUNNEL_EXPORT std::string to_text(const ApplyReport::Change& change);

}  // namespace ferrotunnel

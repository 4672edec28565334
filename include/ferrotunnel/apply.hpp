// What has come of settings that were applied to a running Server or Client.
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

/// A service of any kind, as Client::add takes it.
using AnyService = std::variant<Tcp, Http, Tls, Udp>;

/// What Server::apply and Client::apply return. Either there are `problems`, and nothing was changed; or there are
/// none, and everything that can change while it runs was changed.
struct ApplyReport {
    /// A setting that was applied, or one of the things that a setting has several of.
    struct Change {
        enum class Kind { changed, added, removed } kind = Kind::changed;
        std::string key;     ///< as in a configuration file: "server.token", "client.services"
        std::string name{};  ///< the token's or service's; empty: the setting is one thing

        friend bool operator==(const Change&, const Change&) = default;
    };

    std::vector<Change> applied;
    /// The keys that differ from what runs and stay as they are until the program makes a new Server or Client.
    std::vector<std::string> needs_restart;
    /// Everything that is wrong, with its place where it comes from a file.
    std::vector<Problem> problems;
    /// The services and tokens that are as they were: "client.services web", "server.token alice".
    std::vector<std::string> same;
    /// Of a client: handles to the services that are new, or that were changed and registered again.
    std::vector<Service> services;

    /// Whether the settings were taken: nothing is wrong with them.
    bool ok() const noexcept { return problems.empty(); }
    /// Whether nothing differs from what runs.
    bool unchanged() const noexcept { return ok() && applied.empty() && needs_restart.empty(); }
};

/// Returns the change as text: "server.token alice added", "log.level changed".
FERROTUNNEL_EXPORT std::string to_text(const ApplyReport::Change& change);

}  // namespace ferrotunnel

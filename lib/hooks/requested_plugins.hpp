// Interface of plugins that a client requests for its service: made by sessions, called by exchanges and sessions.
// lib/plugin implements it.
//
//   registration --make_requested--> RequestedPlugins, one object for all trunks of the service
//   request      --begin--> a run through the operator's plugins, then the client's
//   visitor      --begin_visit--> likewise
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "hooks/http_run.hpp"

namespace ferrotunnel::buffer {
class Mailbox;
}

namespace ferrotunnel::hooks {

class SessionRun;
class SessionRunOwner;
struct Subject;

/// The plugins of one service. Thread-safe.
class RequestedPlugins {
public:
    virtual ~RequestedPlugins() = default;

    /// A run for a request, on the calling worker, which `mailbox` belongs to. Never null, so that no request bypasses
    /// the plugins.
    virtual std::unique_ptr<HttpRun> begin(const http::RequestHead& head, const RequestInfo& info, RunOwner& owner,
                                           std::shared_ptr<buffer::Mailbox> mailbox) = 0;
    /// A run for a visitor of TCP or TLS, likewise.
    virtual std::unique_ptr<SessionRun> begin_visit(Subject subject, SessionRunOwner& owner,
                                                    std::shared_ptr<buffer::Mailbox> mailbox) = 0;
    /// The types for messages: "auth, ip-filter".
    virtual const std::string& names() const noexcept = 0;
};

using SharedRequestedPlugins = std::shared_ptr<RequestedPlugins>;  // null: none

/// A weak reference to the plugins of a service, which are owned by the trunks that have registered it. So longer-lived
/// references (routes of an idle worker) use no quota of the client.
class RequestedPluginsRef {
public:
    RequestedPluginsRef() = default;
    explicit RequestedPluginsRef(const SharedRequestedPlugins& plugins) noexcept
        : plugins_(plugins), has_plugins_(plugins != nullptr) {}

    /// Whether the service has any.
    bool has_plugins() const noexcept { return has_plugins_; }
    /// Null if the service has ended, or if there are none.
    SharedRequestedPlugins get() const noexcept { return plugins_.lock(); }

    friend bool operator==(const RequestedPluginsRef& a, const RequestedPluginsRef& b) noexcept {
        return !a.plugins_.owner_before(b.plugins_) && !b.plugins_.owner_before(a.plugins_);
    }

private:
    std::weak_ptr<RequestedPlugins> plugins_;
    bool has_plugins_ = false;
};

/// The kind of a service's visitors, which its plugins must support.
enum class PluginTarget : std::uint8_t { requests, connections };

struct RequestedPlugin {
    std::string type;
    std::string settings;  // JSON; empty: none
};

struct PluginRequest {
    std::array<std::uint8_t, 8> token{};  // the token whose quota it counts towards
    PluginTarget visitors = PluginTarget::requests;
    std::vector<RequestedPlugin> plugins;
};

/// Why requested plugins are refused.
struct PluginRequestRefusal {
    enum class Why : std::uint8_t {
        not_allowed,  // the operator does not allow it for clients, or it does not exist
        wrong,        // the settings are invalid
        busy,         // a limit is reached at the moment
    } why = Why::busy;
    std::string text;  // a sentence
};

/// Called once, on any thread, with no lock held; never if the server ends first.
using PluginRequestCallback = std::function<void(Result<SharedRequestedPlugins, PluginRequestRefusal>)>;

}  // namespace ferrotunnel::hooks

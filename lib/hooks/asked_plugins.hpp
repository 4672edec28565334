// Plugins that a client asks for on a service of its own: what a session asks for, and what exchanges and sessions call
// then. lib/plugin implements both.
//
//   registration --make_asked--> AskedPlugins, one object for all trunks of the service
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

/// The plugins of one service. Any thread.
class AskedPlugins {
public:
    virtual ~AskedPlugins() = default;

    /// A run for a request, on the calling worker, whose mailbox that is. Never null: nobody gets past the plugins.
    virtual std::unique_ptr<HttpRun> begin(const http::RequestHead& head, const RequestInfo& info, RunOwner& owner,
                                           std::shared_ptr<buffer::Mailbox> mailbox) = 0;
    /// A run for a visitor of TCP or TLS, likewise.
    virtual std::unique_ptr<SessionRun> begin_visit(Subject subject, SessionRunOwner& owner,
                                                    std::shared_ptr<buffer::Mailbox> mailbox) = 0;
    /// The types, as people read them: "auth, ip-filter".
    virtual const std::string& names() const noexcept = 0;
};

using SharedAskedPlugins = std::shared_ptr<AskedPlugins>;  // null: none

/// Refers to the plugins of a service, and does not keep them: trunks that have registered it do. So what else knows of
/// the service for longer (routes that an idle worker has) takes no room from its client.
class AskedReference {
public:
    AskedReference() = default;
    explicit AskedReference(const SharedAskedPlugins& plugins) noexcept
        : plugins_(plugins), are_asked_for_(plugins != nullptr) {}

    /// Whether the service has any.
    bool are_asked_for() const noexcept { return are_asked_for_; }
    /// Null: they are gone, and so is the service; or there are none.
    SharedAskedPlugins get() const noexcept { return plugins_.lock(); }

    friend bool operator==(const AskedReference& a, const AskedReference& b) noexcept {
        return !a.plugins_.owner_before(b.plugins_) && !b.plugins_.owner_before(a.plugins_);
    }

private:
    std::weak_ptr<AskedPlugins> plugins_;
    bool are_asked_for_ = false;
};

/// What a service's visitors are: plugins have to be able to look at them.
enum class AskedFor : std::uint8_t { requests, connections };

struct AskedPlugin {
    std::string type;
    std::string settings;  // JSON; empty: none
};

struct AskingService {
    std::array<std::uint8_t, 8> token{};  // whose quota it counts for
    AskedFor visitors = AskedFor::requests;
    std::vector<AskedPlugin> plugins;
};

/// Why a client does not get what it asks for.
struct AskedRefusal {
    enum class Why : std::uint8_t {
        not_allowed,  // the operator does not let clients ask for this, or it is not there
        wrong,        // the settings are wrong
        busy,         // there is no room at the moment
    } why = Why::busy;
    std::string text;  // a sentence
};

/// Called once, on any thread, with no lock held; never, where the server ends before.
using AskedMade = std::function<void(Result<SharedAskedPlugins, AskedRefusal>)>;

}  // namespace ferrotunnel::hooks

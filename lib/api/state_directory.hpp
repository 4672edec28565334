// State that a Server keeps across a restart in its state directory: claims of ports and hosts, and the key of sticky
// cookies.
#pragma once

#include <memory>

#include "api/sink_logger.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "directory/claim_store.hpp"
#include "runtime/worker_group.hpp"
#include "session/server_shared.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Called by one thread at a time: of the start, a change, or the end; write_now() on the control API's thread while
/// the server runs. Without a state directory there are no claims, and the key lasts as long as the process.
class StateDirectory {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        Random& random;
    };
    explicit StateDirectory(Needs needs) : needs_(std::move(needs)) {}
    StateDirectory(const StateDirectory&) = delete;
    StateDirectory& operator=(const StateDirectory&) = delete;

    /// Reads claims and key, before anything can be claimed. Once.
    void open(const ServerSettings& settings);
    /// Opens the ports known from before, each TCP port on a worker: visitors wait there for `hold` until their clients
    /// have reconnected. A faster client has its port already. The client determines how datagrams are read, so they
    /// wait in the kernel, as with a passed socket.
    void hold_ports(Duration hold);
    /// The tokens have changed: claims are written under the ids that these will have after a restart.
    void rename_tokens();
    void write_now();
    /// Writes the claims as they are, and nothing after that.
    void finish();
    void close() { claims_.reset(); }

private:
    const Needs needs_;
    std::unique_ptr<directory::ClaimStore> claims_;  // null if nothing is saved
};

}  // namespace ferrotunnel::detail

// What a Server keeps over a restart in its state directory: claims of ports and hosts, and the key of sticky cookies.
#pragma once

#include <memory>

#include "api/sink_logger.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "directory/claim_keeper.hpp"
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

    /// Reads claims and key, before anybody may claim something. Once.
    void open(const ServerSettings& settings);
    /// Opens the ports that are known from before, each of TCP on a worker: visitors wait there for `hold` until their
    /// clients are back. A client that is faster has its port already. The client says how datagrams are to be read, so
    /// those wait in the kernel, as where a socket was passed on.
    void hold_ports(Duration hold);
    /// The tokens have changed: claims are written by the ids that these will have after a restart.
    void rename_tokens();
    void write_now();
    /// Writes the claims as they are, and nothing after that.
    void finish();
    void close() { claims_.reset(); }

private:
    const Needs needs_;
    std::unique_ptr<directory::ClaimKeeper> claims_;  // null: nothing is kept
};

}  // namespace ferrotunnel::detail

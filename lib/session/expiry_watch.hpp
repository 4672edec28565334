// Ends sessions when their tokens expire: one timer for all tokens of a server.
#pragma once

#include <functional>
#include <memory>

#include "directory/registry.hpp"
#include "login/rights.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::session {

/// Lives on its worker. Rights and the machine's time may change, so it checks both each minute while any token is to
/// expire. check_now() makes it check at once.
class ExpiryWatch {
public:
    /// `expired` is called when tokens have expired since the last check: it calls ServerSession::end_if_expired for
    /// each session.
    ExpiryWatch(runtime::Worker& worker, std::shared_ptr<const directory::Registry> registry,
                std::function<void()> expired);

    void check_now();
    /// Checks then at the latest.
    void check_by(login::Rights::Moment when);

private:
    using Moment = login::Rights::Moment;

    const std::shared_ptr<const directory::Registry> registry_;
    const std::function<void()> expired_;
    Moment checked_;  // time of the last check; tokens that had expired by then are already rejected
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::session

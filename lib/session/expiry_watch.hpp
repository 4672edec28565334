// Ends the sessions of tokens when these expire: one timer for all tokens of a server.
#pragma once

#include <functional>
#include <memory>

#include "directory/registry.hpp"
#include "login/rights.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::session {

/// Lives on its worker. Rights may change meanwhile, and so may the machine's time: it looks at both each minute for as
/// long as a token is to expire. look() makes it look at once.
class ExpiryWatch {
public:
    /// `expired` is called when tokens have expired since the last look: it asks each session for ServerSession::
    /// end_if_expired.
    ExpiryWatch(runtime::Worker& worker, std::shared_ptr<const directory::Registry> registry,
                std::function<void()> expired);

    void look();

private:
    using Moment = login::Rights::Moment;

    const std::shared_ptr<const directory::Registry> registry_;
    const std::function<void()> expired_;
    Moment looked_;  // what had expired by then lets nobody in any more
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::session

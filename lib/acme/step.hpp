// What a task asks its driver to do next.
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "acme/challenge.hpp"
#include "acme/http.hpp"
#include "acme/issued_chain.hpp"
#include "acme/problem.hpp"

namespace ferrotunnel::acme {

/// Send this, then call answered().
struct CallStep {
    HttpCall call;
};
/// Call continued() after this time.
struct WaitStep {
    std::chrono::seconds time;
};
/// The account was registered: save it, then call continued(). A task without an account URL does this first.
struct SaveAccountStep {
    std::string account_url;
};
/// The order exists at the CA: save what resumes it, then call continued().
struct SaveOrderStep {
    std::string order_url;
};
/// Publish this, and call published(). It stays until the task ends.
struct PublishStep {
    Challenge challenge;
};
/// The order is complete.
struct DoneStep {
    IssuedChain chain;
    std::string renewal_id_replaced;  // empty if the order named none, or the CA refused that
};
/// The order has failed.
struct FailedStep {
    /// What becomes of the order that was saved.
    enum class SavedOrder : unsigned char {
        keep,    // the next attempt at this CA continues it
        forget,  // it cannot succeed any more
        stale,   // likewise, and that was so before this task: forget it and begin again at once; not a failure
    };

    Problem problem;
    std::optional<Way> way{};  // the one that was tried, if it could not be published, or the CA could not validate
    SavedOrder saved_order = SavedOrder::forget;
};

using Step = std::variant<CallStep, WaitStep, SaveAccountStep, SaveOrderStep, PublishStep, DoneStep, FailedStep>;

}  // namespace ferrotunnel::acme

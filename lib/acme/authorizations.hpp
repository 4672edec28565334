// The authorizations of an order: each one is proved by a challenge, one after the other.
//
//     read -> valid -> read the next one ... -> complete
//       ^      pending -> publish -> start -> wait -+
//       +-------------------------------------------+  pending, started: wait again
//     Everything else fails.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "acme/messages.hpp"
#include "acme/order_task.hpp"
#include "acme/signed_requests.hpp"
#include "acme/step.hpp"

namespace ferrotunnel::acme {

class Authorizations {
public:
    /// They outlive this.
    Authorizations(const OrderSettings& settings, const Directory& directory, SignedRequests& requests)
        : settings_(settings), directory_(directory), requests_(requests) {}

    bool is_complete() const noexcept { return !urls_.empty() && at_ == urls_.size(); }
    /// The last way that was tried.
    std::optional<Way> way() const noexcept { return way_; }

    /// `urls` is not empty.
    Step begin(std::vector<std::string> urls);
    /// These return the next step, or nothing: all are valid.
    std::optional<Step> answered(const HttpReply& reply);
    Step published(std::string fault);
    Step continued();

private:
    enum class State : unsigned char { read, publish, start, wait };

    Step read();
    std::optional<Step> have_read(const HttpReply& reply);
    Step prove(const AuthorizationMessage& authorization);
    Step have_started(const HttpReply& reply);
    Step wait(std::optional<std::chrono::seconds> retry_after);
    Step still_pending(const AuthorizationMessage& authorization, const HttpReply& reply);
    Step failed_validation(const AuthorizationMessage& authorization) const;
    std::optional<Identifier> ordered_name(const AuthorizationMessage& authorization) const;
    const ChallengeMessage* choose(const AuthorizationMessage& authorization, const Identifier& name) const;
    Challenge challenge_of(const ChallengeMessage& chosen, const Identifier& name) const;

    const OrderSettings& settings_;
    const Directory& directory_;
    SignedRequests& requests_;
    std::vector<std::string> urls_{};
    std::size_t at_ = 0;
    State state_ = State::read;
    std::optional<ChallengeMessage> chosen_{};   // of the present authorization
    std::optional<FailedStep> start_failure_{};  // what came instead of its start
    std::optional<Way> way_{};
    unsigned waits_ = 0;
};

}  // namespace ferrotunnel::acme

// The authorizations of an order. All are published before the first is started: a name and its wildcard have records
// of the same name, and resolvers keep what they have seen.
//
//     prepare: read one -> valid --------------+-> the next one ... -> start
//                       -> pending -> publish -+
//     start: one after the other, those that do not run yet -> wait
//     wait -> poll: read all that are not valid -> one is invalid: failed
//       ^                |                      -> all are valid: complete
//       +----------------+ some are pending
#pragma once

#include <chrono>
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

    bool is_complete() const noexcept;
    /// The last way that was tried.
    std::optional<Way> way() const noexcept { return way_; }

    /// `urls` is not empty.
    Step begin(const std::vector<std::string>& urls);
    /// These return the next step, or nothing: all are valid.
    std::optional<Step> answered(const HttpReply& reply);
    std::optional<Step> published(std::string fault);
    std::optional<Step> continued();

private:
    enum class State : unsigned char { prepare, publish, start, wait, poll };

    // What is done about one authorization.
    struct Proof {
        std::string url{};
        bool is_valid = false;
        std::optional<ChallengeMessage> chosen{};
        std::optional<FailedStep> start_failure{};  // what came instead of its start
    };

    std::optional<Step> read_next();
    std::optional<Step> start_next();
    std::optional<Step> end_of_round();
    std::optional<Step> have_read(const HttpReply& reply);
    std::optional<Step> have_started(const HttpReply& reply);
    std::optional<Step> still_pending(const AuthorizationMessage& authorization, const HttpReply& reply);
    Step prove(const AuthorizationMessage& authorization);
    Step wait();
    Step failed_validation(const AuthorizationMessage& authorization) const;
    std::optional<Identifier> ordered_name(const AuthorizationMessage& authorization) const;
    const ChallengeMessage* choose(const AuthorizationMessage& authorization, const Identifier& name) const;
    Challenge challenge_of(const ChallengeMessage& chosen, const Identifier& name) const;

    const OrderSettings& settings_;
    const Directory& directory_;
    SignedRequests& requests_;
    std::vector<Proof> proofs_{};
    std::size_t at_ = 0;
    State state_ = State::prepare;
    std::optional<Way> way_{};
    std::optional<std::chrono::seconds> retry_after_{};  // the longest of this round
    unsigned waits_ = 0;
};

}  // namespace ferrotunnel::acme

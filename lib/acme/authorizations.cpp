#include "acme/authorizations.hpp"

#include <algorithm>
#include <utility>

#include "acme/limits.hpp"
#include "acme/polling.hpp"
#include "acme/problem_document.hpp"
#include "base/text.hpp"

namespace ferrotunnel::acme {

namespace {

constexpr std::string_view wildcard_start = "*.";

FailedStep order_failure(Problem::Kind kind, const std::string& text) {
    return {{kind, {}, printable(text, limits::text_max), {}}, {}, FailedStep::SavedOrder::forget};
}

std::string list_of_ways(const std::vector<Way>& ways) {
    std::string list;
    for (const Way way : ways) {
        list += (list.empty() ? "" : ", ") + std::string(name_of(way));
    }
    return list.empty() ? "none" : list;
}

std::string list_of_texts(const std::vector<std::string>& texts) {
    std::string list;
    for (const std::string& text : texts) {
        list += (list.empty() ? "" : ", ") + text;
    }
    return list.empty() ? "none" : list;
}

}  // namespace

bool Authorizations::is_complete() const noexcept {
    return !proofs_.empty() &&
           std::all_of(proofs_.begin(), proofs_.end(), [](const Proof& proof) { return proof.is_valid; });
}

Step Authorizations::begin(const std::vector<std::string>& urls) {
    proofs_.clear();  // again, if the account was registered again in between
    at_ = 0;
    for (const std::string& url : urls) {
        proofs_.emplace_back().url = url;
    }
    state_ = State::prepare;
    return requests_.read(proofs_[at_].url);
}

std::optional<Step> Authorizations::answered(const HttpReply& reply) {
    return state_ == State::start ? have_started(reply) : have_read(reply);
}

// From at_ on: the next one that is not valid, in the same state.
std::optional<Step> Authorizations::read_next() {
    while (at_ < proofs_.size() && proofs_[at_].is_valid) {
        ++at_;
    }
    return at_ < proofs_.size() ? std::optional(requests_.read(proofs_[at_].url)) : end_of_round();
}

std::optional<Step> Authorizations::end_of_round() {
    at_ = 0;
    if (state_ == State::prepare) {
        state_ = State::start;
        return start_next();
    }
    return is_complete() ? std::nullopt : std::optional(wait());
}

std::optional<Step> Authorizations::have_read(const HttpReply& reply) {
    if (!is_success(reply)) {
        return failed_request("the CA does not show the authorization", reply);
    }
    const Result<AuthorizationMessage, std::string> read_one = read_authorization(directory_.url, reply.body);
    if (!read_one) {
        return unusable_response("the authorization", read_one.error());
    }
    switch (read_one->status) {
        case AuthorizationMessage::Status::valid:
            proofs_[at_].is_valid = true;
            return read_next();
        case AuthorizationMessage::Status::pending:
            return state_ == State::prepare ? prove(*read_one) : still_pending(*read_one, reply);
        case AuthorizationMessage::Status::invalid:
            return failed_validation(*read_one);
        default:
            return order_failure(Problem::Kind::refused,
                                 "the authorization of " + in_quotes(read_one->value) + " has ended");
    }
}

Step Authorizations::prove(const AuthorizationMessage& authorization) {
    const std::optional<Identifier> name = ordered_name(authorization);
    if (!name) {
        return order_failure(Problem::Kind::refused, "the CA wants a proof for " + in_quotes(authorization.value) +
                                                         ", which is not in the order");
    }
    const ChallengeMessage* const chosen = choose(authorization, *name);
    if (chosen == nullptr) {
        return order_failure(Problem::Kind::refused, "no way to prove " + name->value + ": the CA offers " +
                                                         list_of_texts(authorization.offered) +
                                                         "; usable here: " + list_of_ways(settings_.ways));
    }
    proofs_[at_].chosen = *chosen;
    way_ = chosen->way;
    state_ = State::publish;
    return PublishStep{challenge_of(*chosen, *name)};
}

// The name of the order, with its "*.".
std::optional<Identifier> Authorizations::ordered_name(const AuthorizationMessage& authorization) const {
    const std::string text = (authorization.is_wildcard ? std::string(wildcard_start) : "") + authorization.value;
    const std::optional<Identifier> name = read_identifier(text);
    const bool is_ordered = name && name->type_name() == authorization.type &&
                            std::find(settings_.names.begin(), settings_.names.end(), *name) != settings_.names.end();
    return is_ordered ? name : std::nullopt;
}

// One that runs already, since the order was begun before, otherwise the first allowed way.
const ChallengeMessage* Authorizations::choose(const AuthorizationMessage& authorization,
                                               const Identifier& name) const {
    using Status = ChallengeMessage::Status;
    for (const Status wanted : {Status::processing, Status::pending}) {
        for (const Way way : settings_.ways) {
            const auto found = std::find_if(
                authorization.challenges.begin(), authorization.challenges.end(),
                [&](const ChallengeMessage& offered) { return offered.way == way && offered.status == wanted; });
            if (found != authorization.challenges.end() && can_prove(way, name)) {
                return &*found;
            }
        }
    }
    return nullptr;
}

Challenge Authorizations::challenge_of(const ChallengeMessage& chosen, const Identifier& name) const {
    Challenge challenge;
    challenge.way = chosen.way;
    challenge.identifier = name;
    if (name.is_wildcard()) {
        challenge.identifier.value.erase(0, wildcard_start.size());
    }
    const Identifier wildcard{Identifier::Type::dns, std::string(wildcard_start) + challenge.identifier.value};
    challenge.is_wildcard =
        std::find(settings_.names.begin(), settings_.names.end(), wildcard) != settings_.names.end();
    if (chosen.way == Way::dns_persist_01) {
        challenge.record_name = persist_record_name(challenge.identifier);
        challenge.record_value =
            persist_record_value(chosen.issuers.front(), requests_.account_url(), challenge.is_wildcard);
        challenge.issuers = chosen.issuers;
        return challenge;
    }
    challenge.token = chosen.token;
    challenge.key_authorization = chosen.token + "." + requests_.key().thumbprint();
    if (chosen.way == Way::dns_01) {
        challenge.record_name = dns_record_name(challenge.identifier);
        challenge.record_value = dns_record_value(challenge.key_authorization);
    }
    return challenge;
}

std::optional<Step> Authorizations::published(std::string fault) {
    if (!fault.empty()) {
        FailedStep failed = order_failure(Problem::Kind::local, fault);
        failed.way = way_;
        return failed;
    }
    state_ = State::prepare;
    ++at_;
    return read_next();
}

std::optional<Step> Authorizations::start_next() {
    const auto needs_start = [](const Proof& proof) {
        return !proof.is_valid && proof.chosen->status == ChallengeMessage::Status::pending;
    };
    while (at_ < proofs_.size() && !needs_start(proofs_[at_])) {
        ++at_;
    }
    return at_ < proofs_.size() ? std::optional(requests_.post(proofs_[at_].chosen->url, "{}")) : end_of_round();
}

// Without a usable response the authorization shows whether it was started.
std::optional<Step> Authorizations::have_started(const HttpReply& reply) {
    if (!is_success(reply)) {
        proofs_[at_].start_failure = failed_request("the CA does not start the validation", reply);
        if (proofs_[at_].start_failure->problem.kind == Problem::Kind::limited) {
            return proofs_[at_].start_failure;
        }
    }
    retry_after_ = std::max(retry_after_, reply.retry_after);
    ++at_;
    return start_next();
}

Step Authorizations::wait() {
    state_ = State::wait;
    return WaitStep{poll_time(std::exchange(retry_after_, {}), ++waits_)};
}

std::optional<Step> Authorizations::continued() {
    state_ = State::poll;
    at_ = 0;
    return read_next();
}

std::optional<Step> Authorizations::still_pending(const AuthorizationMessage& authorization, const HttpReply& reply) {
    const Proof& proof = proofs_[at_];
    const auto same = std::find_if(authorization.challenges.begin(), authorization.challenges.end(),
                                   [&](const ChallengeMessage& offered) { return offered.url == proof.chosen->url; });
    const bool is_running =
        same != authorization.challenges.end() && same->status == ChallengeMessage::Status::processing;
    if (proof.start_failure && !is_running) {
        return proof.start_failure;
    }
    retry_after_ = std::max(retry_after_, reply.retry_after);
    ++at_;
    return read_next();
}

Step Authorizations::failed_validation(const AuthorizationMessage& authorization) const {
    const auto found = std::find_if(authorization.challenges.begin(), authorization.challenges.end(),
                                    [](const ChallengeMessage& offered) { return offered.error.has_value(); });
    if (found == authorization.challenges.end()) {
        FailedStep failed =
            order_failure(Problem::Kind::validation,
                          "the CA could not validate " + in_quotes(authorization.value) + " and gives no reason");
        failed.way = way_;
        return failed;
    }
    const std::string context = "the CA could not validate " + printable(authorization.value, limits::type_max) +
                                " by " + std::string(name_of(found->way));
    return FailedStep{with_context(context, *found->error), found->way, FailedStep::SavedOrder::forget};
}

}  // namespace ferrotunnel::acme

#include "acme/signed_requests.hpp"

#include <algorithm>
#include <utility>

#include "acme/jws.hpp"
#include "acme/limits.hpp"
#include "acme/polling.hpp"
#include "acme/problem_document.hpp"

namespace ferrotunnel::acme {

namespace {

// Base64url; RFC 8555, 6.5.1 says that others are ignored.
bool is_nonce(std::string_view text) noexcept {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !text.empty() && text.size() <= limits::nonce_max && std::all_of(text.begin(), text.end(), is_allowed);
}

bool is_bad_nonce(const HttpReply& reply) {
    return reply.status >= 400 && reply.error.empty() && read_problem(reply).type == "badNonce";
}

}  // namespace

Step SignedRequests::get(std::string url) {
    request_.reset();
    is_for_nonce_ = is_waiting_ = false;
    return CallStep{HttpCall{HttpCall::Method::get, std::move(url), {}, {}}};
}

Step SignedRequests::post(std::string url, std::string payload) {
    return begin({std::move(url), std::move(payload), {}, true, false});
}

Step SignedRequests::post_by_key(std::string url, std::string payload) {
    return begin({std::move(url), std::move(payload), {}, false, false});
}

Step SignedRequests::read(std::string url, std::string accept) {
    return begin({std::move(url), {}, std::move(accept), true, true});
}

Step SignedRequests::begin(Request request) {
    request_ = std::move(request);
    bad_nonces_ = 0;
    is_waiting_ = false;
    return next_call();
}

Step SignedRequests::next_call() {
    is_for_nonce_ = nonce_.empty();
    if (is_for_nonce_) {
        return CallStep{HttpCall{HttpCall::Method::head, new_nonce_url_, {}, {}}};
    }
    const std::string nonce = std::exchange(nonce_, {});
    return CallStep{HttpCall{HttpCall::Method::post, request_->url,
                             sign_request(*key_, request_->has_account ? std::string_view(account_url_) : "", nonce,
                                          request_->url, request_->payload),
                             request_->accept}};
}

void SignedRequests::keep_nonce(const HttpReply& reply) {
    if (is_nonce(reply.nonce)) {
        nonce_ = reply.nonce;
    }
}

std::optional<Step> SignedRequests::answered(const HttpReply& reply) {
    keep_nonce(reply);
    if (!request_) {
        return {};
    }
    if (is_for_nonce_) {
        return after_nonce(reply);
    }
    if (is_bad_nonce(reply)) {
        if (bad_nonces_ == limits::bad_nonces_max) {
            FailedStep failed = failed_request("the CA rejects every nonce", reply);
            failed.problem.kind = Problem::Kind::unreachable;
            failed.saved_order = FailedStep::SavedOrder::keep;
            return failed;
        }
        ++bad_nonces_;
        return next_call();
    }
    return after_loss(reply);
}

std::optional<Step> SignedRequests::after_nonce(const HttpReply& reply) {
    if (is_success(reply) && !nonce_.empty()) {
        return next_call();
    }
    if (is_success(reply)) {
        return unusable_response("the response to newNonce", "has no nonce");
    }
    const std::optional<Step> again = after_loss(reply);
    return again ? again : failed_request("no nonce from the CA", reply);
}

// A nonce that was used is lost with the response: the repetition gets another one.
std::optional<Step> SignedRequests::after_loss(const HttpReply& reply) {
    if (is_success(reply)) {
        losses_ = 0;
        return {};
    }
    const Problem problem = read_problem(reply);
    const bool is_loss = problem.kind == Problem::Kind::unreachable && (reply.status == 0 || reply.status >= 500);
    if (!(request_->is_read || is_for_nonce_) || !is_loss || losses_ == limits::losses_max) {
        return {};
    }
    ++losses_;
    is_waiting_ = true;
    return WaitStep{poll_time(problem.retry_after, losses_)};
}

std::optional<Step> SignedRequests::continued() {
    return std::exchange(is_waiting_, false) ? std::optional(next_call()) : std::nullopt;
}

FailedStep failed_request(std::string_view context, const HttpReply& reply) {
    FailedStep failed{with_context(context, read_problem(reply)), {}, FailedStep::SavedOrder::forget};
    const Problem::Kind kind = failed.problem.kind;
    const bool is_unusable = reply.status >= 200 && reply.status < 300;  // its body is too long
    if (!is_unusable && (kind == Problem::Kind::unreachable || kind == Problem::Kind::limited)) {
        failed.saved_order = FailedStep::SavedOrder::keep;
    }
    return failed;
}

FailedStep unusable_response(std::string_view context, std::string_view fault) {
    Problem problem;
    problem.text = std::string(context) + " " + std::string(fault);
    return {std::move(problem), {}, FailedStep::SavedOrder::forget};
}

bool is_success(const HttpReply& reply) noexcept {
    return reply.status >= 200 && reply.status < 300 && reply.error.empty();
}

}  // namespace ferrotunnel::acme

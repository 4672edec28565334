// Signed requests to a CA: nonces, and repetitions.
//
//     post/read -> [HEAD newNonce ->] signed request -> its response
//                       ^                  | badNonce, at most bad_nonces_max times: again with the nonce of that
//                       response
//                       +------------------+ no usable response to a read, at most losses_max times in a row: wait,
//                       again
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "acme/key.hpp"
#include "acme/step.hpp"

namespace ferrotunnel::acme {

class SignedRequests {
public:
    /// `key`, the account's, outlives this.
    SignedRequests(const Key& key, std::string account_url) : key_(&key), account_url_(std::move(account_url)) {}

    const std::string& account_url() const noexcept { return account_url_; }
    void set_account_url(std::string url) { account_url_ = std::move(url); }
    const Key& key() const noexcept { return *key_; }
    /// Another key of the account, for the next requests.
    void set_key(const Key& key) noexcept { key_ = &key; }
    void set_new_nonce_url(std::string url) { new_nonce_url_ = std::move(url); }

    /// The first call for a request. It replaces any request that is under way.
    Step get(std::string url);
    Step post(std::string url, std::string payload);
    /// As post(), signed as a key without an account.
    Step post_by_key(std::string url, std::string payload);
    /// POST-as-GET.
    Step read(std::string url, std::string accept = {});

    /// Examines the response to a call. A step, if there is more to do; otherwise it is the response to the request.
    std::optional<Step> answered(const HttpReply& reply);
    /// After a WaitStep: the request again. Empty if the wait was someone else's.
    std::optional<Step> continued();

private:
    struct Request {
        std::string url{};
        std::string payload{};
        std::string accept{};
        bool has_account = true;
        bool is_read = false;
    };

    Step begin(Request request);
    Step next_call();
    void keep_nonce(const HttpReply& reply);
    std::optional<Step> after_nonce(const HttpReply& reply);
    std::optional<Step> after_loss(const HttpReply& reply);

    const Key* key_;
    std::string account_url_;
    std::string new_nonce_url_{};
    std::string nonce_{};
    std::optional<Request> request_{};  // empty during a get()
    unsigned bad_nonces_ = 0;           // of this request
    unsigned losses_ = 0;               // in a row
    bool is_for_nonce_ = false;         // the call is HEAD newNonce
    bool is_waiting_ = false;
};

/// The response to a request, as a failure: the order can be continued if the CA did not answer, or limits.
FailedStep failed_request(std::string_view context, const HttpReply& reply);
/// The same for a response that is a success, but not usable.
FailedStep unusable_response(std::string_view context, std::string_view fault);
/// Whether the status is one of success.
bool is_success(const HttpReply& reply) noexcept;

}  // namespace ferrotunnel::acme

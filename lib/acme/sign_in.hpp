// The start of each task: the CA's directory, and an account.
//
//     directory -> (an account is there) -> done
//         -> registration -> save account -> done
//     An account that the CA does not know is registered again, once.
#pragma once

#include <optional>

#include "acme/account.hpp"
#include "acme/directory.hpp"
#include "acme/signed_requests.hpp"
#include "acme/step.hpp"

namespace ferrotunnel::acme {

class SignIn {
public:
    /// `account` and `requests` outlive this.
    SignIn(const Account& account, Registration registration, SignedRequests& requests)
        : account_(account), registration_(std::move(registration)), requests_(requests) {}

    const Directory& directory() const noexcept { return directory_; }

    Step begin();
    /// If the response says that the account is unknown: the step to register it again. The account is there when
    /// continued() returns nothing.
    std::optional<Step> repair(const HttpReply& reply);
    /// These return the next step, or nothing: the account is there.
    std::optional<Step> answered(const HttpReply& reply);
    std::optional<Step> continued();

private:
    enum class State : unsigned char { directory, registration, save_account, done };

    std::optional<Step> have_directory(const HttpReply& reply);
    Step register_account();
    Step have_account(const HttpReply& reply);

    const Account& account_;
    const Registration registration_;
    SignedRequests& requests_;
    Directory directory_{};
    State state_ = State::directory;
    bool has_registered_ = false;
};

}  // namespace ferrotunnel::acme

// Registers an account, or replaces its key (RFC 8555, 7.3 and 7.3.5).
//
//     directory -> nonce -> new account -> save account [-> key change] -> done
//     If the key change fails, the new key is tried: the response to an earlier one may have been lost. The driver
//     saves the new key before it begins, and begins again with the same one until the outcome is known.
#pragma once

#include <memory>

#include "acme/account.hpp"
#include "acme/step.hpp"

namespace ferrotunnel::acme {

class AccountTask {
public:
    /// `account`, and `new_key` if it is not null, outlive this. Without `new_key` it only registers; DoneStep then has
    /// an empty chain, and in the other case the CA has accepted the new key.
    AccountTask(const Account& account, Registration registration, const Key* new_key, WallTime started);
    ~AccountTask();
    AccountTask(const AccountTask&) = delete;
    AccountTask& operator=(const AccountTask&) = delete;

    /// As of OrderTask; there is no PublishStep.
    const Step& step() const noexcept;
    void answered(const HttpReply& reply, WallTime now);
    void continued(WallTime now);

private:
    class Machine;
    std::unique_ptr<Machine> machine_;
};

}  // namespace ferrotunnel::acme

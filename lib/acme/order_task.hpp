// One order, from the directory of the CA to the chain (RFC 8555, 7.4).
//
//     directory -> nonce -> [account -> save account] -> new order -> save order
//         -> for each pending authorization: read, publish, start, poll ... -> valid
//         -> finalize -> poll ... -> valid -> chain -> done
//     A resumed order begins, after the directory and a nonce, by reading the order. Everything may lead to failed.
//
// Sans-IO: the driver carries out step() and reports what came of it. Each report makes the next step.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "acme/account.hpp"
#include "acme/directory.hpp"
#include "acme/step.hpp"

namespace ferrotunnel::acme {

struct OrderSettings {
    Identifiers names{};
    /// The ways that may be used, the preferred first. The first one that the CA offers for a name is used.
    std::vector<Way> ways{};
    std::string profile{};       // empty: the CA's usual one
    std::string replaces{};      // renewal_id of the present certificate; empty: none
    std::string resume_order{};  // URL of an order that was saved; empty: a new one
    Registration registration{};
};

class OrderTask {
public:
    /// `account` and `key` (the certificate's) outlive this. `started`: the deadline is limits::order_time later.
    OrderTask(OrderSettings settings, const Account& account, const Key& key, WallTime started);
    ~OrderTask();
    OrderTask(const OrderTask&) = delete;
    OrderTask& operator=(const OrderTask&) = delete;

    /// What to do now. After DoneStep or FailedStep nothing follows.
    const Step& step() const noexcept;

    /// The response to a CallStep.
    void answered(const HttpReply& reply, WallTime now);
    /// After WaitStep, SaveAccountStep and SaveOrderStep.
    void continued(WallTime now);
    /// After PublishStep. `fault`: why it cannot be published; the order fails by this way.
    void published(std::string fault, WallTime now);

    /// The directory; empty URLs before it was read.
    const Directory& directory() const noexcept;

private:
    class Machine;
    std::unique_ptr<Machine> machine_;
};

}  // namespace ferrotunnel::acme

// Carries out an acme::OrderTask: its requests, its waits, its saves, and the answers to its challenges.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "acme/order_task.hpp"
#include "issuance/parts.hpp"
#include "issuance/task_driver.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker. Answers that were published are withdrawn when the order ends, but not when this is destroyed
/// before: the CA may be validating, and the next process continues the order.
class OrderRun {
public:
    struct Work {
        std::string file{};  // the name of the certificate's files
        acme::OrderSettings order{};
        std::shared_ptr<acme::Account> account{};
        std::shared_ptr<const acme::Key> key{};  // the certificate's
        SavedOrder saved{};                      // without the key
    };
    struct Result {
        std::variant<acme::DoneStep, acme::FailedStep> end;
        std::string way{};  // the last one that was used; empty if the CA required none
    };
    using Done = std::function<void(Result)>;

    /// Calls `done` once, in a later round; it may destroy this.
    OrderRun(const Parts& parts, Work work, Done done);
    ~OrderRun();
    OrderRun(const OrderRun&) = delete;
    OrderRun& operator=(const OrderRun&) = delete;

private:
    void carry_out(const acme::Step& step);
    /// Checks it by the first response with a date. False: the order has ended.
    bool has_right_clock();
    void save_account(const std::string& url);
    void save_order(const std::string& url);
    void publish(const acme::Challenge& challenge);
    void withdraw_all();
    void fail_here(std::string text);
    void end(std::variant<acme::DoneStep, acme::FailedStep> how);

    const Parts& parts_;
    Work work_;
    Done done_;
    TaskDriver<acme::OrderTask> driver_;
    bool is_clock_checked_ = false;
    std::string way_{};
    std::vector<acme::Challenge> published_{};
    std::function<void()> when_settled_{};
    runtime::Timer settling_;                // until the other members of a cluster have an answer
    const std::shared_ptr<OrderRun*> self_;  // null when destroyed before a command ends
};

/// Why no order can be placed with this clock, if the CA's is right; or nothing.
std::string clock_fault(WallTime ours, WallTime theirs);

/// Writes the order with its certificate's key. Returns what is wrong, or nothing.
std::string save_order_with_key(const Store& store, const std::string& file, SavedOrder order, const acme::Key& key);

}  // namespace ferrotunnel::issuance

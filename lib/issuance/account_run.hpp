// Carries out an acme::AccountTask.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "acme/account_task.hpp"
#include "acme/problem.hpp"
#include "issuance/task_driver.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker.
class AccountRun {
public:
    struct Work {
        std::shared_ptr<acme::Account> account{};
        acme::Registration registration{};
        std::shared_ptr<const acme::Key> new_key{};  // null: only register
        /// Saves the account, whose URL was just set. Returns what is wrong, or nothing.
        std::function<std::string()> save{};
    };
    /// With why it failed, or nothing.
    using Done = std::function<void(std::optional<acme::Problem>)>;

    /// Calls `done` once, in a later round; it may destroy this.
    AccountRun(Network& network, Work work, Done done);
    AccountRun(const AccountRun&) = delete;
    AccountRun& operator=(const AccountRun&) = delete;

private:
    void carry_out(const acme::Step& step);
    void save_account(const std::string& url);
    void end(std::optional<acme::Problem> problem);

    const Work work_;
    Done done_;
    TaskDriver<acme::AccountTask> driver_;
};

/// A failure on this side.
acme::Problem local_problem(std::string text);

}  // namespace ferrotunnel::issuance

#include "acme/account_task.hpp"

#include <optional>
#include <utility>

#include "acme/limits.hpp"
#include "acme/problem_document.hpp"
#include "acme/sign_in.hpp"
#include "acme/signed_requests.hpp"
#include "acme/task_clock.hpp"
#include "base/check.hpp"

namespace ferrotunnel::acme {

// What follows the sign-in, if there is a new key.
//
//     sign_in -> change -> accepted -> over
//                  | failed
//                  +-> trial: the account is read with the new key -> accepted: over
//                                                                  -> otherwise the failure of the change: over
class AccountTask::Machine {
public:
    Machine(const Account& account, Registration registration, const Key* new_key, WallTime started)
        : account_(account),
          new_key_(new_key),
          requests_(account.key, account.url),
          sign_in_(account, std::move(registration), requests_),
          clock_(started),
          step_(sign_in_.begin()) {
        if (account.url.empty() || new_key != nullptr) {
            return;
        }
        end(DoneStep{});
    }

    const Step& step() const noexcept { return step_; }
    void answered(const HttpReply& reply, WallTime now);
    void continued(WallTime now);

private:
    enum class State : unsigned char { sign_in, change, trial, over };

    void set(Step step);
    void end(Step step);
    void change_key();
    void have_changed(const HttpReply& reply);
    void have_tried(const HttpReply& reply);

    const Account& account_;
    const Key* const new_key_;  // null: it only registers
    SignedRequests requests_;
    SignIn sign_in_;
    TaskClock clock_;
    State state_ = State::sign_in;
    FailedStep failure_{};  // of the change
    Step step_;
};

void AccountTask::Machine::set(Step step) {
    step_ = clock_.bounded(std::move(step), [] { return late_failure("the account was not ready"); });
    if (auto* const failed = std::get_if<FailedStep>(&step_)) {
        failed->saved_order = FailedStep::SavedOrder::forget;
        state_ = State::over;
    }
}

void AccountTask::Machine::end(Step step) {
    state_ = State::over;
    step_ = std::move(step);
}

void AccountTask::Machine::answered(const HttpReply& reply, WallTime now) {
    check(std::holds_alternative<CallStep>(step_), "a response follows a call");
    clock_.set(now);
    if (std::optional<Step> again = requests_.answered(reply)) {
        return set(std::move(*again));
    }
    switch (state_) {
        case State::sign_in:
            if (std::optional<Step> next = sign_in_.answered(reply)) {
                return set(std::move(*next));
            }
            return change_key();
        case State::change:
            return have_changed(reply);
        case State::trial:
            return have_tried(reply);
        case State::over:
            check(false, "a response belongs to a state with a call");
    }
}

void AccountTask::Machine::continued(WallTime now) {
    clock_.set(now);
    if (std::optional<Step> again = requests_.continued()) {
        return set(std::move(*again));
    }
    sign_in_.continued();
    change_key();
}

void AccountTask::Machine::change_key() {
    if (new_key_ == nullptr) {
        return end(DoneStep{});
    }
    const std::string& url = sign_in_.directory().key_change;
    if (url.empty()) {
        FailedStep failed;
        failed.problem.kind = Problem::Kind::refused;
        failed.problem.text = "the CA has no keyChange: it does not replace keys of accounts";
        return set(std::move(failed));
    }
    state_ = State::change;
    set(requests_.post(url, change_key_payload(account_.key, *new_key_, requests_.account_url(), url)));
}

void AccountTask::Machine::have_changed(const HttpReply& reply) {
    if (is_success(reply)) {
        return end(DoneStep{});
    }
    failure_ = failed_request("the CA does not replace the account's key", reply);
    if (failure_.problem.kind == Problem::Kind::refused) {
        failure_.problem.kind = Problem::Kind::account;
    }
    state_ = State::trial;
    requests_.set_key(*new_key_);
    set(requests_.read(requests_.account_url()));
}

// Which key the account has is only known if the CA has refused both the change and the new key.
void AccountTask::Machine::have_tried(const HttpReply& reply) {
    if (is_success(reply)) {
        return end(DoneStep{});
    }
    const Problem::Kind kind = read_problem(reply).kind;
    if (kind == Problem::Kind::unreachable || kind == Problem::Kind::limited) {
        failure_.problem.kind = kind;
    }
    set(failure_);
}

// --- AccountTask ---

AccountTask::AccountTask(const Account& account, Registration registration, const Key* new_key, WallTime started)
    : machine_(std::make_unique<Machine>(account, std::move(registration), new_key, started)) {}
AccountTask::~AccountTask() = default;

const Step& AccountTask::step() const noexcept {
    return machine_->step();
}

void AccountTask::answered(const HttpReply& reply, WallTime now) {
    machine_->answered(reply, now);
}

void AccountTask::continued(WallTime now) {
    machine_->continued(now);
}

}  // namespace ferrotunnel::acme

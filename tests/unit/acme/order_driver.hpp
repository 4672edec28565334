// Carries out the steps of a task against a FakeCa, with a clock of its own.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "acme/account_task.hpp"
#include "acme/order_task.hpp"
#include "fake_ca.hpp"

namespace ferrotunnel::acme {

inline const WallTime test_start = WallTime(std::chrono::seconds(1'790'000'000));

class OrderDriver {
public:
    explicit OrderDriver(FakeCa& ca, WallTime now = test_start) : ca_(ca), now_(now) {}

    WallTime now() const noexcept { return now_; }
    void advance(std::chrono::seconds time) { now_ += time; }

    /// Until the end of the task. Fails the test if it has none.
    template <typename Task>
    void run(Task& task) {
        for (unsigned steps = 0; !is_over(task); ++steps) {
            REQUIRE(steps < 2'000);
            carry_out(task);
        }
        ca_.published.clear();
    }

    template <typename Task>
    static bool is_over(const Task& task) {
        return std::holds_alternative<DoneStep>(task.step()) || std::holds_alternative<FailedStep>(task.step());
    }

    template <typename Task>
    void carry_out(Task& task) {
        const Step step = task.step();
        if (const auto* const call = std::get_if<CallStep>(&step)) {
            now_ += std::chrono::milliseconds(100);
            task.answered(ca_.answer(call->call), now_);
        } else if (const auto* const wait = std::get_if<WaitStep>(&step)) {
            now_ += clock_stands ? std::chrono::seconds(0) : wait->time;
            waits.push_back(wait->time);
            task.continued(now_);
        } else if (const auto* const account = std::get_if<SaveAccountStep>(&step)) {
            account_url = account->account_url;
            task.continued(now_);
        } else if (const auto* const order = std::get_if<SaveOrderStep>(&step)) {
            order_url = order->order_url;
            ++saved_orders;
            task.continued(now_);
        } else if (const auto* const publish = std::get_if<PublishStep>(&step)) {
            publish_with(task, publish->challenge);
        }
    }

    bool clock_stands = false;
    std::string publish_fault{};
    std::string account_url{};
    std::string order_url{};
    unsigned saved_orders = 0;
    std::vector<std::chrono::seconds> waits{};
    std::vector<Challenge> published{};

private:
    void publish_with(OrderTask& task, const Challenge& challenge) {
        published.push_back(challenge);
        ca_.published.push_back(challenge);
        task.published(publish_fault, now_);
    }
    void publish_with(AccountTask&, const Challenge&) { FAIL("an account has no challenge"); }

    FakeCa& ca_;
    WallTime now_;
};

inline Account unregistered(const std::string& contact = "admin@example.com") {
    return Account{{}, fake_directory, contact, Key::make()};
}

inline OrderSettings order_of(std::vector<std::string> names, std::vector<Way> ways = {Way::http_01}) {
    OrderSettings settings;
    for (const std::string& name : names) {
        settings.names.push_back(*read_identifier(name));
    }
    settings.ways = std::move(ways);
    settings.registration.contact = "admin@example.com";
    return settings;
}

/// One order, from its start.
struct OneOrder {
    explicit OneOrder(OrderSettings wanted = order_of({"a.example.com"})) : settings(std::move(wanted)) {}

    /// Places the order and runs it.
    void run() {
        OrderTask task(settings, account, key, driver.now());
        driver.run(task);
        done = failed = false;
        if (const auto* const end = std::get_if<DoneStep>(&task.step())) {
            done = true;
            chain = end->chain;
            replaced = end->renewal_id_replaced;
        }
        if (const auto* const end = std::get_if<FailedStep>(&task.step())) {
            failed = true;
            failure = *end;
        }
        INFO(failure.problem.text);
        CHECK(ca.faults == std::vector<std::string>{});
    }
    /// As a driver does after a crash: the account and the order that were saved.
    void resume() {
        account.url = driver.account_url.empty() ? account.url : driver.account_url;
        settings.resume_order = driver.order_url;
    }

    OrderSettings settings;
    FakeCa ca{test_start};
    OrderDriver driver{ca};
    Account account = unregistered();
    Key key = Key::make();
    bool done = false;
    bool failed = false;
    IssuedChain chain{};
    std::string replaced{};
    FailedStep failure{};
};

}  // namespace ferrotunnel::acme

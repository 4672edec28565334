#include "issuance/order_run.hpp"

#include <chrono>
#include <cstdlib>
#include <utility>

#include "issuance/limits.hpp"
#include "issuance/store_file.hpp"

namespace ferrotunnel::issuance {
namespace {

std::string difference_text(std::chrono::system_clock::duration difference) {
    const auto minutes = std::abs(std::chrono::duration_cast<std::chrono::minutes>(difference).count());
    constexpr long long minutes_of_day = 24 * 60;
    return minutes >= 2 * minutes_of_day ? std::to_string(minutes / minutes_of_day) + " days"
                                         : std::to_string(minutes) + " minutes";
}

}  // namespace

std::string save_order_with_key(const Store& store, const std::string& file, SavedOrder order, const acme::Key& key) {
    order.key_pem = key.to_pem();
    std::string fault = store.write_order(file, order);
    wipe(order.key_pem);
    return fault;
}

std::string clock_fault(WallTime ours, WallTime theirs) {
    const auto difference = ours - theirs;
    const bool is_right = difference <= limits::clock_difference_max && difference >= -limits::clock_difference_max;
    return is_right ? std::string()
                    : "the clock of this machine differs from the CA's by " + difference_text(difference) +
                          "; set it right, for example with NTP";
}

OrderRun::OrderRun(const Parts& parts, Work work, Done done)
    : parts_(parts),
      work_(std::move(work)),
      done_(std::move(done)),
      driver_(parts.network,
              {[this](const acme::Step& step) { carry_out(step); }, [this] { return has_right_clock(); }}, work_.order,
              *work_.account, *work_.key),
      settling_(parts.network.worker, [this] { std::exchange(when_settled_, nullptr)(); }),
      self_(std::make_shared<OrderRun*>(this)) {}

OrderRun::~OrderRun() {
    *self_ = nullptr;
}

void OrderRun::carry_out(const acme::Step& step) {
    if (const auto* account = std::get_if<acme::SaveAccountStep>(&step)) {
        save_account(account->account_url);
    } else if (const auto* order = std::get_if<acme::SaveOrderStep>(&step)) {
        save_order(order->order_url);
    } else if (const auto* shown = std::get_if<acme::PublishStep>(&step)) {
        publish(shown->challenge);
    } else if (const auto* issued = std::get_if<acme::DoneStep>(&step)) {
        end(*issued);
    } else if (const auto* failed = std::get_if<acme::FailedStep>(&step)) {
        end(*failed);
    }
}

// With a wrong clock every certificate that is issued looks invalid, so none is ordered.
bool OrderRun::has_right_clock() {
    const auto date = driver_.calls().date();
    if (date && !std::exchange(is_clock_checked_, true)) {
        if (std::string fault = clock_fault(wall_now(), *date); !fault.empty()) {
            fail_here(std::move(fault));
            return false;
        }
    }
    return true;
}

void OrderRun::save_account(const std::string& url) {
    work_.account->url = url;
    work_.saved.account_url = url;
    std::string fault = parts_.accounts.save(*work_.account);
    if (fault.empty()) {
        driver_.continue_later();
    } else {
        fail_here(std::move(fault));
    }
}

void OrderRun::save_order(const std::string& url) {
    work_.saved.url = url;
    work_.saved.account_url = work_.account->url;
    std::string fault = save_order_with_key(parts_.store, work_.file, work_.saved, *work_.key);
    if (fault.empty()) {
        driver_.continue_later();
    } else {
        fail_here(std::move(fault));
    }
}

void OrderRun::publish(const acme::Challenge& challenge) {
    way_ = acme::name_of(challenge.way);
    const auto report = [self = self_](std::string fault) {
        if (*self != nullptr) {
            TaskDriver<acme::OrderTask>& driver = (*self)->driver_;
            driver.task().published(std::move(fault), wall_now());
            driver.advance();
        }
    };
    switch (challenge.way) {
        case acme::Way::http_01:
        case acme::Way::tls_alpn_01:
            published_.push_back(challenge);
            when_settled_ = [report, fault = parts_.challenges.publish(challenge)] { report(fault); };
            if (const Duration time = parts_.challenges.settling(); time > Duration::zero()) {
                settling_.set_after(time);
            } else {
                std::exchange(when_settled_, nullptr)();
            }
            return;
        case acme::Way::dns_01:
            published_.push_back(challenge);
            parts_.records.add(work_.file, challenge, report);
            return;
        case acme::Way::dns_persist_01:
            if (!challenge.issuers.empty()) {
                parts_.accounts.keep_issuer(work_.account->directory_url, challenge.issuers.front());
            }
            report({});  // the record was looked up before the order
            return;
    }
}

void OrderRun::withdraw_all() {
    for (const acme::Challenge& challenge : std::exchange(published_, {})) {
        if (challenge.way == acme::Way::dns_01) {
            parts_.records.remove(challenge);
        } else {
            parts_.challenges.withdraw(challenge);
        }
    }
}

void OrderRun::fail_here(std::string text) {
    acme::FailedStep failed;
    failed.problem = local_problem(std::move(text));
    failed.saved_order = acme::FailedStep::SavedOrder::keep;
    end(std::move(failed));
}

void OrderRun::end(std::variant<acme::DoneStep, acme::FailedStep> how) {
    withdraw_all();
    driver_.cancel();
    settling_.cancel();
    const Done done = std::move(done_);
    done({std::move(how), way_});
}

}  // namespace ferrotunnel::issuance

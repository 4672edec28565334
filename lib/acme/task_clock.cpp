#include "acme/task_clock.hpp"

#include <string>

#include "acme/limits.hpp"

namespace ferrotunnel::acme {

bool TaskClock::is_late(const Step& step) {
    const auto* const wait = std::get_if<WaitStep>(&step);
    waited_ += wait == nullptr ? std::chrono::seconds(0) : wait->time;
    const bool goes_on =
        wait != nullptr || std::holds_alternative<CallStep>(step) || std::holds_alternative<PublishStep>(step);
    return goes_on && (now_ - started_ >= limits::order_time || waited_ >= limits::order_time);
}

FailedStep late_failure(std::string_view what) {
    FailedStep failed;
    failed.problem.text =
        std::string(what) + " after " + std::to_string(std::chrono::minutes(limits::order_time).count()) + " minutes";
    return failed;
}

}  // namespace ferrotunnel::acme

#include "acme/task_clock.hpp"

#include <utility>

#include "acme/limits.hpp"

namespace ferrotunnel::acme {

Step TaskClock::bounded(Step step, bool can_continue) {
    const auto* const wait = std::get_if<WaitStep>(&step);
    waited_ += wait == nullptr ? std::chrono::seconds(0) : wait->time;
    const bool goes_on =
        wait != nullptr || std::holds_alternative<CallStep>(step) || std::holds_alternative<PublishStep>(step);
    if (!goes_on || (now_ - started_ < limits::order_time && waited_ < limits::order_time)) {
        return step;
    }
    FailedStep failed;
    failed.problem.text = "the order was not complete after " +
                          std::to_string(std::chrono::minutes(limits::order_time).count()) + " minutes";
    failed.saved_order = can_continue ? FailedStep::SavedOrder::keep : FailedStep::SavedOrder::forget;
    return failed;
}

}  // namespace ferrotunnel::acme

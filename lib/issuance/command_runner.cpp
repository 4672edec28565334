#include "issuance/command_runner.hpp"

#include <utility>

#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {

void CommandRunner::run(std::vector<std::string> words, Duration time, Command::Done done) {
    waiting_.push_back({std::move(words), time, std::move(done)});
    start_waiting();
}

void CommandRunner::start_waiting() {
    while (!waiting_.empty() && running_.size() < limits::commands_at_once_max) {
        WaitingCommand next = std::move(waiting_.front());
        waiting_.pop_front();
        const std::uint64_t number = ++last_;
        running_.emplace(number,
                         std::make_unique<Command>(worker_, std::move(next.words), next.time,
                                                   [this, number, done = std::move(next.done)](std::string fault) {
                                                       const auto ended = running_.extract(number);
                                                       start_waiting();
                                                       done(std::move(fault));
                                                   }));
    }
}

}  // namespace ferrotunnel::issuance

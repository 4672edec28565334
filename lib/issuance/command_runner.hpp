// Runs the operator's command for DNS-01.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "issuance/command.hpp"

namespace ferrotunnel::issuance {

/// Lives on its worker. At most limits::commands_at_once_max at once; others wait in their order.
class CommandRunner {
public:
    explicit CommandRunner(runtime::Worker& worker) : worker_(worker) {}
    CommandRunner(const CommandRunner&) = delete;
    CommandRunner& operator=(const CommandRunner&) = delete;

    /// Runs the words as a program and its arguments. Calls `done` in a later round.
    void run(std::vector<std::string> words, Duration time, Command::Done done);

    /// Kills those that run; none is reported any more.
    void stop() noexcept {
        waiting_.clear();
        running_.clear();
    }

private:
    struct WaitingCommand {
        std::vector<std::string> words;
        Duration time;
        Command::Done done;
    };

    void start_waiting();

    runtime::Worker& worker_;
    std::uint64_t last_ = 0;
    std::deque<WaitingCommand> waiting_;
    std::map<std::uint64_t, std::unique_ptr<Command>> running_;
};

}  // namespace ferrotunnel::issuance

// One run of a program, without a shell.
//
//     running --exit--> reported
//        \---time----> SIGKILL for its group --> reported
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "runtime/socket.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::runtime {
class Worker;
}

namespace ferrotunnel::issuance {

/// Lives on its worker. The program is the leader of a new process group; it inherits the environment without
/// FERROTUNNEL_*, and no descriptor: input is empty, output is discarded, and the start of its error output is kept for
/// a fault.
class Command {
public:
    /// What is wrong, with the program's name, or nothing if it ended with status 0.
    using Done = std::function<void(std::string fault)>;

    /// Starts it. `done` is called once, in a later round, and may destroy this. Destroying this ends the program's
    /// group, without a call.
    Command(runtime::Worker& worker, std::vector<std::string> words, Duration time, Done done);
    ~Command();
    Command(const Command&) = delete;
    Command& operator=(const Command&) = delete;

private:
    std::string start();
    void examine();
    void read_output() noexcept;
    std::string outcome(int status) const;
    void kill_group() noexcept;

    std::vector<std::string> words_;
    const Duration time_;
    const TimePoint deadline_;
    Done done_;
    pid_t process_ = -1;  // also its group; -1: it does not run
    bool is_killed_ = false;
    std::string fault_;  // why it could not be started
    std::string output_;
    runtime::Fd errors_;
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::issuance

// The main thread of a running server or client: it tells what happens and ends it when asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <system_error>

#include "event_queue.hpp"
#include "exit_code.hpp"
#include "ferrotunnel/event.hpp"
#include "output.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

/// What the loop has to know about a server or client.
struct Running {
    /// In the main thread, also while it drains. A value ends the program with that code.
    std::function<std::optional<ExitCode>(const Event&)> on_event;
    /// Server::stop or Client::stop; called from other threads.
    std::function<std::error_code(std::chrono::milliseconds)> stop;
    std::function<std::uint32_t()> present_visitors;
    std::chrono::milliseconds drain;
};

///            signal                    signal              signal
///   running --------> draining --------------> hurried ------------> the process ends with ExitCode::failure
///      |     stop(drain) |        stop(0)         |
///      | on_event says so, stop(0)                |
///      +-----------------+------------------------+--> stopped: stop has returned
ExitCode run_until_end(const Running& running, EventQueue& events, Signals& signals, Output& output);

}  // namespace ferrotunnel::cli

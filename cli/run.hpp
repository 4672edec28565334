// The main thread of a running server, client or both: it tells the user what happens, and ends them when asked to.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <vector>

#include "event_queue.hpp"
#include "exit_code.hpp"
#include "ferrotunnel/event.hpp"
#include "output.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

/// What the loop has to know about a server or client.
struct Running {
    /// Where its events come in.
    EventQueue& events;
    /// Called in the main thread, also while the part drains. A returned code ends the program with it.
    std::function<std::optional<ExitCode>(const Event&)> on_event;
    /// Server::stop or Client::stop; called from other threads.
    std::function<std::error_code(std::chrono::milliseconds)> stop;
    std::function<std::uint32_t()> present_visitors;
    std::chrono::milliseconds drain;
};

/// A server or client that this process runs.
class Part {
public:
    virtual ~Part() = default;
    /// "server" or "client".
    virtual std::string_view side() const = 0;
    /// Starts the part. Throws std::system_error with a text for the user.
    virtual void start(Output& output) = 0;
    /// The result is valid as long as the part lives.
    virtual Running running() = 0;
};

///            signal                    signal              signal
///   running --------> draining --------------> hurried ------------> the process ends with ExitCode::failure
///      |     stop(drain) |        stop(0)         |
///      | on_event says so, stop(0)                |
///      +-----------------+------------------------+--> stopped: stop has returned
///
/// With several parts, each drains for its own time, and the end of one is the end of all.
ExitCode run_until_end(std::span<const Running> parts, Signals& signals, Output& output);

/// Starts the parts in this order, prints to the standard output, and runs them until the end.
ExitCode run_parts(const std::vector<std::unique_ptr<Part>>& parts, Signals& signals);

}  // namespace ferrotunnel::cli

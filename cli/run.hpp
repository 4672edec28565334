// The main loop of a running server, client or both: prints what happens, and ends the program on request.
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
#include "ferrotunnel/control_handlers.hpp"
#include "ferrotunnel/event.hpp"
#include "ferrotunnel/passed_socket.hpp"
#include "output.hpp"
#include "problems.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

class ConfigReloader;
class ReloadScheduler;
class ServiceManager;
struct Sources;

/// What the loop needs to know about a server or client.
struct Running {
    /// Its events.
    EventQueue& events;
    /// Called on the main thread, also while the part drains. A returned code ends the program.
    std::function<std::optional<ExitCode>(const Event&)> on_event;
    /// Server::stop or Client::stop; called from other threads.
    std::function<std::error_code(std::chrono::milliseconds)> stop;
    std::function<std::uint32_t()> present_visitors;
    /// All bytes that its visitors have moved in both directions.
    std::function<std::uint64_t()> moved;
    std::function<std::chrono::milliseconds()> drain;
    /// A short description of its state, for the service manager.
    std::function<std::string()> state;
    /// The drain time requested at its control socket, which overrides every part's `drain`.
    std::function<std::optional<std::chrono::milliseconds>()> requested_drain{};
    /// How long the program stays after another one has replaced this part (Event::Kind::replaced); empty: not at all.
    std::function<std::chrono::milliseconds()> linger{};
    /// Reopens files that were moved away, after SIGUSR1; empty if there are none.
    std::function<void()> reopen_files{};
    /// Called about once a second; empty: not needed.
    std::function<void()> tick{};
    /// Whether another process has replaced it; empty: never.
    std::function<bool()> is_replaced{};
    /// Copies of the sockets that a service manager may keep for the next start, and a count of their changes; empty if
    /// it has none.
    std::function<std::vector<PassedSocket>()> sockets{};
    std::function<std::uint64_t()> socket_changes{};
};

/// The result of applying a part's settings; see ApplyReport.
struct PartReport {
    std::vector<std::string> applied{};
    std::vector<std::string> needs_restart{};
    std::vector<std::string> problems{};
    std::vector<std::string> same{};  // unchanged services and tokens
    std::vector<std::string> keys{};  // keys of `applied`, each with a name: "client.services[web]"
};

/// Handlers for requests that a part's control socket passes to the program.
struct ControlHandlers {
    ReloadHandler reload{};
    TrialHandler trial{};
    TrialLeftHandler trial_left{};
    CompareHandler compare{};
};

/// A server or client that this process runs.
class Part {
public:
    virtual ~Part() = default;
    /// "server" or "client".
    virtual std::string_view side() const = 0;
    /// Starts the part. Throws std::system_error with a text for the user.
    virtual void start(Output& output) = 0;
    /// Whether its start replaced another process.
    virtual bool has_replaced() const { return false; }
    /// The result is valid as long as the part lives.
    virtual Running running() = 0;
    /// Sets the handlers of its control socket's requests about the configuration. To be called before start().
    virtual void set_handlers(ControlHandlers handlers) = 0;

    /// Reads the settings again and checks them without applying them. Mistakes are added to `problems`.
    virtual void prepare(const Sources& sources, Problems& problems) = 0;
    virtual bool is_prepared() const = 0;
    /// What apply_prepared() would change.
    virtual PartReport preview() const = 0;
    /// Discards what was prepared.
    virtual void cancel() = 0;
    /// Applies what was prepared, once.
    virtual PartReport apply_prepared() = 0;
    /// Counts a reload, and reports its result.
    virtual void note_reload(bool applied, const std::string& outcome) { (void)applied, (void)outcome; }
};

///            signal                    signal              signal
///   running --------> draining --------------> hurried ------------> the process ends with ExitCode::failure
///      |     stop(drain) |        stop(0)         |
///      | on_event says so, stop(0)                |
///      +-----------------+------------------------+--> stopped: stop has returned
///
/// Event::Kind::replaced begins a drain without a request: the first signal then does not hurry it, but ends the linger
/// time.
///
/// SIGHUP requests a reload if there are `reloads`. Without them, and when the terminal is closed, it begins a drain;
/// it never hurries one. SIGUSR1 reopens files, if there are any.
///
/// With several parts, each drains for its own time, and the end of one ends all.
///
/// `reloads`: handles SIGHUP and changes of the configuration; may be null.
ExitCode run_until_end(std::span<const Running> parts, Signals& signals, Output& output, ServiceManager& manager,
                       ReloadScheduler* reloads = nullptr);

/// Starts the parts in this order, prints to the standard output, and runs them until the end. `watched`: reloads the
/// file also when it changes. `quiet`: the output is quiet.
ExitCode run_parts(const std::vector<std::unique_ptr<Part>>& parts, Signals& signals,
                   ConfigReloader* reloader = nullptr, bool watched = false, bool quiet = false);

}  // namespace ferrotunnel::cli

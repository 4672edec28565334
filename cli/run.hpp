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
#include "ferrotunnel/control_handlers.hpp"
#include "ferrotunnel/event.hpp"
#include "ferrotunnel/passed_socket.hpp"
#include "output.hpp"
#include "problems.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

class Reloader;
class Reloads;
class ServiceManager;
struct Sources;

/// What the loop has to know about a server or client.
struct Running {
    /// Where its events come in.
    EventQueue& events;
    /// Called in the main thread, also while the part drains. A returned code ends the program with it.
    std::function<std::optional<ExitCode>(const Event&)> on_event;
    /// Server::stop or Client::stop; called from other threads.
    std::function<std::error_code(std::chrono::milliseconds)> stop;
    std::function<std::uint32_t()> present_visitors;
    /// All the bytes that its visitors have moved, both ways.
    std::function<std::uint64_t()> moved;
    std::function<std::chrono::milliseconds()> drain;
    /// How it goes, in a few words, for the service manager.
    std::function<std::string()> state;
    /// What its control socket was told, instead of any part's `drain`.
    std::function<std::optional<std::chrono::milliseconds>()> asked_drain{};
    /// How long the program stays after another one has taken the place of this part (Event::Kind::replaced); empty: no
    /// time at all.
    std::function<std::chrono::milliseconds()> linger{};
    /// Opens files again that were moved away, after SIGUSR1; empty: there are none.
    std::function<void()> reopen_files{};
    /// Called about once a second; empty: there is nothing to look at.
    std::function<void()> look{};
    /// Whether another process has taken its place; empty: none ever does.
    std::function<bool()> is_replaced{};
    /// Copies of the sockets that a service manager may keep for the next start, and a count of their changes; empty:
    /// it has none.
    std::function<std::vector<PassedSocket>()> sockets{};
    std::function<std::uint64_t()> socket_changes{};
};

/// What has become of a part's settings; see ApplyReport.
struct PartReport {
    std::vector<std::string> applied{};
    std::vector<std::string> needs_restart{};
    std::vector<std::string> problems{};
    std::vector<std::string> same{};  // services and tokens that are as they were
    std::vector<std::string> keys{};  // of `applied`, each with the name of what it is about: "client.services[web]"
};

/// What a part's control socket does that the program does itself.
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
    /// Whether it has taken the place of another process with its start.
    virtual bool has_replaced() const { return false; }
    /// The result is valid as long as the part lives.
    virtual Running running() = 0;
    /// Says what its control socket does when it is asked about the configuration. Before the start.
    virtual void set_handlers(ControlHandlers handlers) = 0;

    /// Reads the settings again and checks them; the part stays as it is. What is wrong is added to `problems`.
    virtual void prepare(const Sources& sources, Problems& problems) = 0;
    virtual bool is_prepared() const = 0;
    /// What applying it would change.
    virtual PartReport preview() const = 0;
    /// Forgets what was prepared.
    virtual void cancel() = 0;
    /// Applies what was prepared, once.
    virtual PartReport apply_prepared() = 0;
    /// Counts that the configuration was read again, and tells what has come of it.
    virtual void note_reload(bool applied, const std::string& outcome) { (void)applied, (void)outcome; }
};

///            signal                    signal              signal
///   running --------> draining --------------> hurried ------------> the process ends with ExitCode::failure
///      |     stop(drain) |        stop(0)         |
///      | on_event says so, stop(0)                |
///      +-----------------+------------------------+--> stopped: stop has returned
///
/// Event::Kind::replaced begins a drain that nobody has asked for: the first signal then hurries nobody, and ends the
/// time for which the program lingers.
///
/// SIGHUP asks for a reload where there are `reloads`. Without them, and when the terminal has gone, it begins a drain;
/// it never hurries one. SIGUSR1 opens files again, and does nothing where there are none.
///
/// With several parts, each drains for its own time, and the end of one is the end of all.
///
/// `reloads`: what SIGHUP and a change of the configuration set off; null: nothing.
ExitCode run_until_end(std::span<const Running> parts, Signals& signals, Output& output, ServiceManager& manager,
                       Reloads* reloads = nullptr);

/// Starts the parts in this order, prints to the standard output, and runs them until the end. `watched`: the file is
/// read again also when it changes.
ExitCode run_parts(const std::vector<std::unique_ptr<Part>>& parts, Signals& signals, Reloader* reloader = nullptr,
                   bool watched = false);

}  // namespace ferrotunnel::cli

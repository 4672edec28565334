// When the configuration is read again, and what is said about it: after SIGHUP and where a control socket is asked for
// it always, after a change only what is new.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "config_watch.hpp"
#include "output.hpp"
#include "reload_requests.hpp"
#include "reloader.hpp"

namespace ferrotunnel::cli {

/// For the main thread.
class Reloads {
public:
    /// `watched`: changes of the files count. The reloader and the requests outlive this object.
    Reloads(Reloader& reloader, ReloadRequests& requests, bool watched, Output& output);

    /// Reads the configuration again, and says in one line what has come of it.
    ReloadReport reload(Output& output);
    /// Does what is due, and what was asked for.
    void look(Output& output);

    /// The program ends, and reads nothing any more.
    void close() { requests_.close(); }

    /// For poll(); below 0: there is nothing to wait for.
    int descriptor() const noexcept { return watch_ ? watch_->descriptor() : -1; }
    int requests() const noexcept { return requests_.descriptor(); }
    std::optional<std::chrono::milliseconds> due_in() const;

private:
    ReloadReport read();

    Reloader& reloader_;
    ReloadRequests& requests_;
    std::optional<ConfigWatch> watch_;
    std::string told_;  // the last line: what is still wrong, or still needs a restart, is not said again
};

}  // namespace ferrotunnel::cli

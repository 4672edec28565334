// When the configuration is read again, and what is said about it: after SIGHUP and where a control socket is asked for
// it always, after a change only what is new.
//
//   settled --a reload is tried--> on trial --confirmed--------------------> settled
//                                     '------the time is over: taken back--> held --a reload is asked for--> settled
//
// Whatever is applied during a trial, by whomever, is a part of it: what is taken back is all of it. In `held` a change
// of the file is not applied by itself, since what was taken back may still be in the file.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "config_watch.hpp"
#include "output.hpp"
#include "reload_requests.hpp"
#include "reloader.hpp"
#include "service_manager.hpp"

namespace ferrotunnel::cli {

/// For the main thread.
class Reloads {
public:
    using Clock = ConfigWatch::Clock;

    /// `watched`: changes of the files count. What it is given by reference outlives this object.
    Reloads(Reloader& reloader, ReloadRequests& requests, ServiceManager& manager, bool watched, Output& output);

    /// Reads the configuration again because somebody wants it, and says in one line what has come of it.
    ReloadReport reload(Output& output);
    /// Does what is due, and what was asked for.
    void look(Output& output);

    /// The program ends, and reads nothing any more. What is on trial ends with it; the file decides what is next.
    void close() { requests_.close(); }

    /// For poll(); below 0: there is nothing to wait for.
    int descriptor() const noexcept { return watch_ ? watch_->descriptor() : -1; }
    int requests() const noexcept { return requests_.descriptor(); }
    std::optional<std::chrono::milliseconds> due_in() const;

private:
    struct Trial {
        std::shared_ptr<const Config> before;
        Clock::time_point until;
    };

    ReloadReport read();
    ReloadAnswer answer_to(const ReloadRequest& request, Output& output);
    ReloadAnswer try_out(std::chrono::milliseconds time, Output& output);
    ReloadAnswer confirm(Output& output);
    void take_back(Output& output);
    bool is_as_read();
    void look_at_files(Clock::time_point now, Output& output);

    Reloader& reloader_;
    ReloadRequests& requests_;
    ServiceManager& manager_;
    std::optional<ConfigWatch> watch_;
    std::optional<Trial> trial_;
    bool held_ = false;
    std::string told_;  // the last line: what is still wrong, or still needs a restart, is not said again
};

}  // namespace ferrotunnel::cli

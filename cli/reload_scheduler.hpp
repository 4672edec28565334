// When the configuration is reloaded, and what is printed about it: SIGHUP and control sockets always get a line, a
// change of the file only if the line is new.
//
//   settled --a reload is tried--> on trial --confirmed----------------> settled
//                                     '------the time is over: reverted--> held --a reload is requested--> settled
//
// Everything that is applied during a trial is part of it, and is reverted with it. In `held` a change of the file is
// not applied by itself, since the file may still contain what was reverted.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "config_reloader.hpp"
#include "config_watch.hpp"
#include "output.hpp"
#include "reload_requests.hpp"
#include "service_manager.hpp"

namespace ferrotunnel::cli {

/// For the main thread.
class ReloadScheduler {
public:
    using Clock = ConfigWatch::Clock;

    /// `watched`: changes of the files cause reloads. The references must outlive this object.
    ReloadScheduler(ConfigReloader& reloader, ReloadRequests& requests, ServiceManager& manager, bool watched,
                    Output& output);

    /// Reloads the configuration on request, and prints the result in one line.
    ReloadReport reload(Output& output, const char* cause = "SIGHUP");
    /// Handles whatever is due or requested.
    void tick(Output& output);

    /// The program ends, and nothing is read any more. A trial ends with it; the next start reads the file.
    void close() { requests_.close(); }

    /// For poll(); negative: there is nothing to wait for.
    int descriptor() const noexcept { return watch_ ? watch_->descriptor() : -1; }
    int requests() const noexcept { return requests_.descriptor(); }
    std::optional<std::chrono::milliseconds> due_in() const;

private:
    struct Trial {
        std::shared_ptr<const Config> before;
        Clock::time_point until;
    };

    ReloadReport read(const char* cause);
    ReloadAnswer answer_to(const ReloadRequest& request, Output& output);
    ReloadAnswer try_out(std::chrono::milliseconds time, Output& output);
    ReloadAnswer confirm(Output& output);
    void roll_back(Output& output);
    bool is_as_read();
    void check_files(Clock::time_point now, Output& output);

    ConfigReloader& reloader_;
    ReloadRequests& requests_;
    ServiceManager& manager_;
    std::optional<ConfigWatch> watch_;
    std::optional<Trial> trial_;
    bool held_ = false;
    std::string last_reported_;  // the last line, so that the same problems are not printed again
};

}  // namespace ferrotunnel::cli

// The control socket of a Client or Server: when it is there, and what its program does itself.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "admin/control_thread.hpp"
#include "admin/subject.hpp"
#include "base/log.hpp"
#include "ferrotunnel/control_handlers.hpp"

namespace ferrotunnel::detail {

/// Any thread, except where a member says otherwise.
class FacadeControl {
public:
    explicit FacadeControl(Logger& log) : log_(log) {}
    ~FacadeControl() { close(); }
    FacadeControl(const FacadeControl&) = delete;
    FacadeControl& operator=(const FacadeControl&) = delete;

    /// Opens the socket if `setting` (CommonValues::control) wants one. `what` says what failed. One thread at a time.
    std::error_code open(const std::string& setting, std::string_view side, std::unique_ptr<admin::Subject> subject,
                         std::string& what);
    /// Waits for the answer that is being made; then nobody asks any more. Not within that answer.
    void close() noexcept;

    /// Whether the caller is within an answer.
    bool here() const;
    /// Where the socket is; empty: there is none.
    std::string path() const;

    void on_reload(ReloadHandler handler);
    void on_trial(TrialHandler handler);
    void on_compare(CompareHandler handler);
    void on_drain(DrainHandler handler);
    admin::Answer reload() const;
    admin::Answer try_reload(std::optional<std::chrono::milliseconds> time) const;
    admin::Answer compare() const;
    admin::Answer drain(std::optional<std::chrono::milliseconds> time) const;

    /// What the status of both sides begins with.
    admin::Json about(std::string_view side, bool stopping) const;

private:
    Logger& log_;
    mutable std::mutex mutex_;
    ReloadHandler reload_;
    TrialHandler trial_;
    CompareHandler compare_;
    DrainHandler drain_;
    std::unique_ptr<admin::Subject> subject_;  // outlives the thread
    std::unique_ptr<admin::ControlThread> thread_;
    std::string path_;
    std::chrono::steady_clock::time_point began_{};
};

}  // namespace ferrotunnel::detail

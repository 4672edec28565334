// The control socket and the metrics address of a Client or Server: when they are there, and what its program does
// itself.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "admin/control_socket.hpp"
#include "admin/control_thread.hpp"
#include "admin/event_ring.hpp"
#include "admin/stats_metrics.hpp"
#include "admin/subject.hpp"
#include "admin/web_login.hpp"
#include "api/https_certificates.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/control_handlers.hpp"
#include "ferrotunnel/event.hpp"
#include "runtime/own_doors.hpp"
#include "runtime/passed_sockets.hpp"
#include "runtime/socket.hpp"
#include "settings/common.hpp"

namespace ferrotunnel::detail {

/// Any thread, except where a member says otherwise.
class FacadeControl {
public:
    explicit FacadeControl(Logger& log) : log_(log) {}
    ~FacadeControl() { close(); }
    FacadeControl(const FacadeControl&) = delete;
    FacadeControl& operator=(const FacadeControl&) = delete;

    /// Opens the socket and listens at the address that the settings want. `what` says what failed. `replaces`: another
    /// program may still listen there, whose place this one takes. One thread at a time.
    std::error_code open(const CommonValues& settings, std::string_view side, std::unique_ptr<admin::Subject> subject,
                         std::string& what, bool replaces = false);
    /// Sockets that are used where it would listen at their address. Before open().
    void set_passed(std::shared_ptr<runtime::PassedSockets> passed) { passed_ = std::move(passed); }
    /// Copies of the sockets for metrics and the dashboard.
    std::vector<runtime::NamedSocket> sockets() const;
    /// Another process accepts at them from now on.
    void hand_over() noexcept;
    /// Gives the control socket the name that it was to have, in the place of the program whose name that was.
    void take_wanted_name();
    /// Waits for the answer that is being made; then nobody asks any more. Not within that answer.
    void close() noexcept;

    /// Whether the caller is within an answer.
    bool here() const;
    /// Where the socket is; empty: there is none.
    std::string path() const;
    /// Where metrics are read; empty: nowhere.
    std::string metrics_endpoint() const;

    /// Where the dashboard is; empty: nowhere.
    std::string dashboard_endpoint() const;
    /// For browsers: with "http://" or "https://".
    std::string dashboard_url() const;

    void on_reload(ReloadHandler handler);
    void on_trial(TrialHandler handler);
    void on_trial_left(TrialLeftHandler handler);
    void on_compare(CompareHandler handler);
    void on_drain(DrainHandler handler);
    void on_scrape(ScrapeHandler handler);
    /// Counts that the configuration was read again, and logs it. `outcome`: what has changed, or why nothing has, of
    /// which limits::reload_outcome_max bytes are shown; or empty. Returns the event to be told.
    Event note_reload(bool applied, std::string_view outcome);
    /// What was counted, and what the application has to say, behind the families of `to`.
    void put_metrics(metrics::Exposition& to) const;
    /// All that a scraper reads. Empty before open().
    std::string metrics_text(bool open_metrics) const;
    admin::Answer reload() const;
    admin::Answer try_reload(std::optional<std::chrono::milliseconds> time) const;
    admin::Answer compare() const;
    admin::Answer configuration() const;
    admin::Answer drain(std::optional<std::chrono::milliseconds> time) const;

    /// What has happened, for those who ask.
    admin::EventRing& events() noexcept { return events_; }

    /// When that was, since 1970.
    double start_time_seconds() const;
    /// What the status of both sides begins with.
    admin::Json about(std::string_view side, bool stopping) const;

private:
    std::error_code open_socket(const std::string& setting, std::string_view side, std::string& what);
    std::error_code open_metrics(const std::string& setting, bool replaces, std::string& what);
    std::error_code open_dashboard(const std::string& setting, std::string_view side, bool replaces, std::string& what);
    std::error_code guard_dashboard(const CommonValues& settings, std::string& what);
    void note_wrong_secret(const std::string& address, std::uint64_t untold);
    admin::ControlThread::Door dashboard_door();
    void keep_own_dials_away();
    void close_doors() REQUIRES(mutex_);
    /// What differs, as the program says; nothing where it cannot read its configuration.
    std::optional<ReloadAnswer> compared() const;

    Logger& log_;
    mutable Mutex mutex_;
    ReloadHandler reload_ GUARDED_BY(mutex_);
    TrialHandler trial_ GUARDED_BY(mutex_);
    TrialLeftHandler trial_left_ GUARDED_BY(mutex_);
    CompareHandler compare_ GUARDED_BY(mutex_);
    DrainHandler drain_ GUARDED_BY(mutex_);
    ScrapeHandler scrape_ GUARDED_BY(mutex_);
    admin::ReloadCounts reloads_ GUARDED_BY(mutex_);
    admin::EventRing events_;
    // Of open() and close(), and in between they stay as they are.
    std::unique_ptr<admin::Subject> subject_;  // these outlive the thread
    std::optional<admin::ControlSocket> socket_;
    std::string wanted_path_;
    std::shared_ptr<runtime::PassedSockets> passed_ = std::make_shared<runtime::PassedSockets>();
    runtime::Fd metrics_;
    runtime::Fd dashboard_;
    std::optional<admin::WebLogin> login_;             // for the dashboard; nothing: it asks for no secret
    std::unique_ptr<HttpsCertificates> certificates_;  // of the dashboard; null: it speaks no TLS
    std::unique_ptr<admin::ControlThread> thread_;
    std::vector<std::unique_ptr<runtime::OwnDoor>> own_doors_;  // until the end: another process may accept there
    std::string path_ GUARDED_BY(mutex_);
    std::string metrics_endpoint_ GUARDED_BY(mutex_);
    std::string dashboard_endpoint_ GUARDED_BY(mutex_);
    std::chrono::steady_clock::time_point began_ GUARDED_BY(mutex_){};
    std::chrono::system_clock::time_point started_ GUARDED_BY(mutex_){};
};

}  // namespace ferrotunnel::detail

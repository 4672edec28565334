// The control socket, the metrics address and the dashboard of a Client or Server.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "admin/control_socket.hpp"
#include "admin/control_thread.hpp"
#include "admin/event_ring.hpp"
#include "admin/resources.hpp"
#include "admin/subject.hpp"
#include "admin/web_login.hpp"
#include "api/audit_acts.hpp"
#include "api/https_certificates.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/control_handlers.hpp"
#include "ferrotunnel/event.hpp"
#include "metrics/exposition.hpp"
#include "runtime/passed_sockets.hpp"
#include "runtime/protected_endpoints.hpp"
#include "runtime/socket.hpp"
#include "settings/common.hpp"

namespace ferrotunnel::detail {

/// Configuration reloads since the start.
struct ReloadCounts {
    std::uint64_t applied = 0;
    std::uint64_t refused = 0;  // the configuration had mistakes
    double last_applied = 0;    // in seconds since 1970; 0: never
    double last_refused = 0;
    bool last_was_applied = true;
};

/// The application's handlers; empty ones are not set.
struct ControlHandlers {
    ReloadHandler reload{};
    TrialHandler trial{};
    TrialLeftHandler trial_left{};
    CompareHandler compare{};
    DrainHandler drain{};
    ScrapeHandler scrape{};
};

/// Thread-safe, except where a member states otherwise.
class FacadeControl {
public:
    explicit FacadeControl(Logger& log) : log_(log) {}
    ~FacadeControl() { close(); }
    FacadeControl(const FacadeControl&) = delete;
    FacadeControl& operator=(const FacadeControl&) = delete;

    /// Opens the socket and listens at the address of the settings. `what`: the failed step. `replaces`: the program
    /// that this one replaces may still listen there. One thread at a time.
    std::error_code open(const CommonValues& settings, std::string_view side, std::unique_ptr<admin::Subject> subject,
                         std::string& what, bool replaces = false);
    /// Sockets to use if it would listen at their address. Before open().
    void set_passed(std::shared_ptr<runtime::PassedSockets> passed) { passed_ = std::move(passed); }
    /// Copies of the sockets for metrics and the dashboard.
    std::vector<runtime::NamedSocket> sockets() const;
    /// Records requests. Before open().
    void set_audit_log(std::shared_ptr<audit::AuditLog> log) { acts_.set(std::move(log)); }
    /// Waits until the request that is being answered, if any, is in the audit log; no longer than `time`. Not on the
    /// control thread.
    void await_record(std::chrono::milliseconds time) { acts_.await_record(time); }
    /// Answers requests of other members of the cluster, too. Before open().
    void open_to_members() noexcept { is_open_to_members_ = true; }
    /// Whether they are answered, or refused.
    void allow_members(bool allow) noexcept { members_allowed_.store(allow); }
    /// Serves a connection on which this member sends requests. It is closed if the control API is not open.
    void serve_member(const std::string& member, runtime::Fd socket);
    /// Another process accepts on these sockets from now on.
    void handover_to_process() noexcept;
    /// Renames the control socket to the name in the settings, which belonged to the replaced program.
    void claim_wanted_path();
    /// Waits for the present answer; afterwards there are none. Not within that answer.
    void close() noexcept;

    /// Whether the caller is within an answer.
    bool here() const;
    /// The path of the socket. Empty if there is none.
    std::string path() const;
    /// The metrics address. Empty if there is none.
    std::string metrics_endpoint() const;

    /// The dashboard's certificates that expire first.
    std::vector<transport::CertificateExpiry> dashboard_certificates() const;
    /// The dashboard's address. Empty if there is none.
    std::string dashboard_endpoint() const;
    /// For browsers: with "http://" or "https://".
    std::string dashboard_url() const;

    template <typename Handler>
    void set(Handler ControlHandlers::*which, Handler handler) {
        const MutexLock lock(mutex_);
        handlers_.*which = std::move(handler);
    }
    /// Counts a reload of the configuration, and logs it. `outcome`: the changes, or why there are none, of which
    /// limits::reload_outcome_max bytes are shown; or empty. Returns the event to report.
    Event note_reload(bool applied, std::string_view outcome);
    /// Adds own counters and the application's metrics after the families of `to`.
    void put_metrics(metrics::Exposition& to) const;
    /// The whole text for a scraper. Empty before open().
    std::string metrics_text(bool open_metrics) const;
    admin::Answer reload(const admin::ReloadRequest& request) const;
    admin::Answer compare() const;
    admin::Answer configuration() const;
    admin::Answer drain(std::optional<std::chrono::milliseconds> time) const;

    /// Recent events, for the control API.
    admin::EventRing& events() noexcept { return events_; }

    /// Start time of the program, since 1970.
    double start_time_seconds() const;
    /// The first part of the status of both sides.
    admin::Json about(std::string_view side, bool stopping) const;

private:
    std::error_code open_socket(const std::string& setting, std::string_view side, std::string& what);
    std::error_code open_metrics(const std::string& setting, bool replaces, std::string& what);
    std::error_code open_dashboard(const std::string& setting, std::string_view side, bool replaces, std::string& what);
    std::error_code guard_dashboard(const CommonValues& settings, std::string& what);
    admin::Answer answer_member(const admin::Request& request);
    void note_wrong_secret(const std::string& address, std::uint64_t unreported);
    admin::ControlThread::Endpoint make_dashboard_endpoint();
    void protect_endpoints();
    void close_endpoints() REQUIRES(mutex_);
    admin::Answer try_reload(std::optional<std::chrono::milliseconds> time) const;
    /// The differences, as the program reports them; empty if it cannot read its configuration.
    std::optional<ReloadAnswer> compared() const;

    Logger& log_;
    AuditedRequests acts_;
    bool is_open_to_members_ = false;  // constant while it is open
    std::atomic<bool> members_allowed_{true};
    mutable Mutex mutex_;
    ControlHandlers handlers_ GUARDED_BY(mutex_);
    ReloadCounts reloads_ GUARDED_BY(mutex_);
    admin::EventRing events_;
    // Set by open() and close(), constant in between.
    std::unique_ptr<admin::Subject> subject_;  // these outlive the thread
    std::optional<admin::ControlSocket> socket_;
    std::string wanted_path_;
    std::shared_ptr<runtime::PassedSockets> passed_ = std::make_shared<runtime::PassedSockets>();
    runtime::Fd metrics_;
    runtime::Fd dashboard_;
    std::optional<admin::WebLogin> login_;             // for the dashboard; empty if it requires no secret
    std::unique_ptr<HttpsCertificates> certificates_;  // of the dashboard; null: no TLS
    std::unique_ptr<admin::ControlThread> thread_;
    // Until the end: another process may accept there.
    std::vector<std::unique_ptr<runtime::ProtectedEndpoint>> protected_endpoints_;
    std::string path_ GUARDED_BY(mutex_);
    std::string metrics_endpoint_ GUARDED_BY(mutex_);
    std::string dashboard_endpoint_ GUARDED_BY(mutex_);
    std::chrono::steady_clock::time_point began_ GUARDED_BY(mutex_){};
    std::chrono::system_clock::time_point started_ GUARDED_BY(mutex_){};
};

}  // namespace ferrotunnel::detail

#include "api/facade_control.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "admin/handover.hpp"
#include "admin/limits.hpp"
#include "admin/resources.hpp"
#include "admin/scrape.hpp"
#include "admin/search.hpp"
#include "admin/stats_json.hpp"
#include "admin/web.hpp"
#include "api/limits.hpp"
#include "api/statistics.hpp"
#include "base/text.hpp"
#include "ferrotunnel/version.hpp"
#include "runtime/address.hpp"
#include "runtime/shared_listener.hpp"
#include "runtime/system_random.hpp"
#include "settings/common.hpp"
#include "settings/dashboard.hpp"

namespace ferrotunnel::detail {

using admin::Answer;
using admin::Json;

std::error_code FacadeControl::open(const CommonValues& settings, std::string_view side,
                                    std::unique_ptr<admin::Subject> subject, std::string& what, bool replaces) {
    std::error_code error = open_socket(settings.control, side, what);
    if (!error) {
        error = open_metrics(settings.metrics, replaces, what);
    }
    if (!error) {
        error = open_dashboard(settings.dashboard, side, replaces, what);
    }
    if (!error && dashboard_) {
        error = guard_dashboard(settings, what);
    }
    const MutexLock lock(mutex_);
    if (error) {
        close_endpoints();
        return error;
    }
    began_ = std::chrono::steady_clock::now();
    started_ = std::chrono::system_clock::now();
    subject_ = std::move(subject);
    std::vector<admin::ControlThread::Endpoint> endpoints;
    if (socket_) {
        const auto handler = [this](const admin::Request& request) {
            return acts_.answer(request, ControlEntry::socket, [&] {
                std::optional<Answer> handover = admin::answer_about_handover(request, *subject_);
                return handover ? std::move(*handover) : admin::answer_to(request, *subject_);
            });
        };
        endpoints.push_back({socket_->listener(), handler, ::geteuid()});
        path_ = socket_->path();
        log_.debug("the control socket listens", {{"at", path_}});
    }
    if (metrics_) {
        const runtime::SocketAddress at = runtime::local_address(metrics_.get());
        const auto handler = [this, is_local = at.is_loopback()](const admin::Request& request) {
            return admin::answer_to_scraper(request, *subject_, is_local);
        };
        endpoints.push_back({metrics_.get(), handler, std::nullopt, nullptr, true});
        metrics_endpoint_ = at.text();
        log_.info("serving metrics over HTTP", {{"at", metrics_endpoint_}});
    }
    if (dashboard_) {
        endpoints.push_back(make_dashboard_endpoint());
        dashboard_endpoint_ = runtime::local_address(dashboard_.get()).text();
        log_.info("the dashboard is ready",
                  {{"at", dashboard_endpoint_}, {"login", login_.has_value()}, {"tls", certificates_ != nullptr}});
    }
    if (is_open_to_members_) {
        const auto handler = [this](const admin::Request& request) {
            return acts_.answer(request, ControlEntry::member, [&] { return answer_member(request); });
        };
        endpoints.push_back({-1, handler, ::geteuid()});
    }
    protect_endpoints();
    if (!endpoints.empty()) {
        thread_ = std::make_unique<admin::ControlThread>(std::move(endpoints), admin::ControlThread::Settings(), log_);
    }
    return {};
}

std::error_code FacadeControl::open_socket(const std::string& setting, std::string_view side, std::string& what) {
    if (setting.empty() || setting == control_off) {
        return {};
    }
    const bool usual = setting == control_usual;
    const std::string wanted = usual ? admin::usual_path(side) : setting;
    Result<admin::ControlSocket, admin::SocketFailure> socket = admin::ControlSocket::open(wanted);
    if (!socket) {
        if (usual) {
            log_.info("there is no control socket; `control` sets its path", {{"why", socket.error().text}});
            return {};
        }
        what = "open the control socket: " + socket.error().text;
        return socket.error().error;
    }
    wanted_path_ = wanted;
    if (socket->path() != wanted) {
        log_.info("another program uses the control socket's name", {{"wanted", wanted}, {"at", socket->path()}});
    }
    socket_.emplace(std::move(*socket));
    return {};
}

std::error_code FacadeControl::open_metrics(const std::string& setting, bool replaces, std::string& what) {
    const runtime::SocketAddress at = metrics_address(setting);
    if (at.empty()) {
        return {};
    }
    std::error_code error;
    metrics_ = replaces ? runtime::listen_beside(at, error, limits::admin_backlog)
                        : passed_->listen_on(at, error, "metrics", limits::admin_backlog);
    what = error ? "listen for metrics readers on " + at.text() : what;
    return error;
}

// Another program of this user may use the usual place: then the next port is used, and no free port is not an error.
std::error_code FacadeControl::open_dashboard(const std::string& setting, std::string_view side, bool replaces,
                                              std::string& what) {
    runtime::SocketAddress at = dashboard_address(setting, side);
    if (at.empty()) {
        return {};
    }
    const bool usual = setting == dashboard_usual;
    std::error_code error;
    for (std::uint16_t turn = 0; turn < (usual ? limits::admin_dashboard_ports : 1); ++turn) {
        dashboard_ = replaces && !usual ? runtime::listen_beside(at, error, limits::admin_backlog)
                                        : passed_->listen_on(at, error, "dashboard", limits::admin_backlog);
        if (!error) {
            return {};
        }
        at.set_port(static_cast<std::uint16_t>(at.port() + 1));
    }
    if (usual) {
        log_.info("there is no dashboard; `dashboard` sets its address", {{"why", error.message()}});
        return {};
    }
    what = "listen for the dashboard on " + at.text();
    return error;
}

// Access needs the secret, or otherwise this user. Only the listen address is known at this point.
std::error_code FacadeControl::guard_dashboard(const CommonValues& settings, std::string& what) {
    if (!settings.dashboard_token_file.empty()) {
        const Result<Secret, std::string> secret = read_dashboard_secret(settings.dashboard_token_file);
        if (!secret) {
            what = "read the dashboard's secret: " + secret.error();
            return std::make_error_code(std::errc::invalid_argument);
        }
        login_.emplace(
            std::string(secret->reveal()), runtime::local_address(dashboard_.get()).port(),
            !settings.dashboard_chain.empty(), runtime::system_random(),
            [this](const std::string& address, std::uint64_t unreported) { note_wrong_secret(address, unreported); });
    }
    if (!settings.dashboard_chain.empty()) {
        try {
            certificates_ = std::make_unique<HttpsCertificates>(dashboard_https(settings), log_);
            certificates_->watch();
        } catch (const transport::TlsConfigError& problem) {
            what = std::string("set up TLS for the dashboard: ") + problem.what();
            return std::make_error_code(std::errc::invalid_argument);
        }
    }
    return {};
}

void FacadeControl::note_wrong_secret(const std::string& address, std::uint64_t unreported) {
    log_.warn("a login to the dashboard failed: wrong secret", {{"address", address}, {"untold", unreported}});
    Event event;
    event.kind = Event::Kind::refused;
    event.peer = address;
    event.error = errc::unauthorized;
    event.text = "A wrong secret was sent to the dashboard.";
    events_.put(event);
    acts_.note_wrong_secret(address, unreported);
}

admin::ControlThread::Endpoint FacadeControl::make_dashboard_endpoint() {
    admin::WebAccess access;
    access.is_secure = certificates_ != nullptr;
    if (login_) {
        access.login = [this](const admin::Request& request) { return login_->answer(request, Clock::now()); };
    }
    const auto handler = [this, access = std::move(access)](const admin::Request& request) {
        return acts_.answer(request, ControlEntry::dashboard,
                            [&] { return admin::answer_to_browser(request, *subject_, access); });
    };
    return {dashboard_.get(), handler, login_ ? std::nullopt : std::optional<uid_t>(::geteuid()),
            certificates_ ? certificates_->tls()->context() : nullptr, true};
}

// Software that trusts this process's user would trust any peer that the process connects to it.
void FacadeControl::protect_endpoints() {
    protected_endpoints_.clear();
    if (socket_) {
        for (const std::string& path : {socket_->path(), wanted_path_}) {
            protected_endpoints_.push_back(std::make_unique<runtime::ProtectedEndpoint>(path));
        }
    }
    if (dashboard_ && !login_) {
        protected_endpoints_.push_back(
            std::make_unique<runtime::ProtectedEndpoint>(runtime::local_address(dashboard_.get())));
    }
}

void FacadeControl::close_endpoints() {
    socket_.reset();
    metrics_ = {};
    dashboard_ = {};
    login_.reset();
    certificates_.reset();
    path_.clear();
    metrics_endpoint_.clear();
    dashboard_endpoint_.clear();
}

std::vector<runtime::NamedSocket> FacadeControl::sockets() const {
    const MutexLock lock(mutex_);
    std::vector<runtime::NamedSocket> sockets;
    if (metrics_) {
        sockets.push_back({runtime::copy_of(metrics_.get()), "metrics"});
    }
    if (dashboard_) {
        sockets.push_back({runtime::copy_of(dashboard_.get()), "dashboard"});
    }
    return sockets;
}

void FacadeControl::handover_to_process() noexcept {
    const MutexLock lock(mutex_);
    if (thread_) {
        thread_->handover_to_process();
    }
}

void FacadeControl::serve_member(const std::string& member, runtime::Fd socket) {
    const MutexLock lock(mutex_);
    if (thread_) {
        thread_->adopt(std::move(socket), member);
    }
}

// What changes something is logged like an operator's actions.
Answer FacadeControl::answer_member(const admin::Request& request) {
    const bool is_allowed = members_allowed_.load();
    const bool is_reading = request.method == "GET";
    log_.log_at(!is_allowed  ? LogLevel::warn
                : is_reading ? LogLevel::debug
                             : LogLevel::info,
                is_allowed ? "another member of the cluster sent a request"
                           : "a request of another member of the cluster was refused: `cluster.control` is off",
                {{"member", request.peer}, {"method", request.method}, {"path", request.path}});
    if (!is_allowed) {
        return admin::refusal(403, "forbidden",
                              "This member accepts no requests of other members: `server.cluster.control` is off.");
    }
    return admin::answer_to_member(request, *subject_);
}

void FacadeControl::claim_wanted_path() {
    const MutexLock lock(mutex_);
    if (!socket_ || socket_->path() == wanted_path_) {
        return;
    }
    if (const std::error_code error = socket_->move_to(wanted_path_)) {
        log_.warn("the control socket cannot be renamed", {{"at", socket_->path()}, {"why", error.message()}});
        return;
    }
    path_ = socket_->path();
    log_.info("the control socket has been given its usual name", {{"at", path_}});
}

void FacadeControl::close() noexcept {
    admin::ControlThread* thread = nullptr;
    {
        const MutexLock lock(mutex_);
        thread = thread_.get();
    }
    if (thread == nullptr) {
        return;
    }
    thread->end();  // without the lock, which an answer may need; here() is right meanwhile
    const MutexLock lock(mutex_);
    thread_.reset();
    close_endpoints();
}

std::string FacadeControl::metrics_endpoint() const {
    const MutexLock lock(mutex_);
    return metrics_endpoint_;
}

std::string FacadeControl::dashboard_endpoint() const {
    const MutexLock lock(mutex_);
    return dashboard_endpoint_;
}

std::string FacadeControl::dashboard_url() const {
    const MutexLock lock(mutex_);
    return dashboard_endpoint_.empty() ? "" : (certificates_ ? "https://" : "http://") + dashboard_endpoint_;
}

std::vector<transport::CertificateExpiry> FacadeControl::dashboard_certificates() const {
    std::shared_ptr<transport::VisitorTls> tls;
    {
        const MutexLock lock(mutex_);  // metrics_text() may be called while close() runs
        tls = certificates_ ? certificates_->tls() : nullptr;
    }
    return tls ? tls->expiries() : std::vector<transport::CertificateExpiry>();
}

double FacadeControl::start_time_seconds() const {
    const MutexLock lock(mutex_);
    return std::chrono::duration<double>(started_.time_since_epoch()).count();
}

bool FacadeControl::here() const {
    const MutexLock lock(mutex_);
    return thread_ && thread_->here();
}

std::string FacadeControl::path() const {
    const MutexLock lock(mutex_);
    return path_;
}

Event FacadeControl::note_reload(bool applied, std::string_view outcome) {
    const std::string told = printable(outcome, limits::reload_outcome_max);
    Event event;
    event.kind = Event::Kind::reloaded;
    event.text = applied ? "The configuration was applied" : "The configuration was rejected";
    if (!told.empty()) {
        event.text += ": " + told;
    } else if (!applied) {
        event.text += ": no part of it was applied";
    }
    event.text += '.';
    if (applied) {
        log_.info("the configuration was reloaded", {{"outcome", told}});
    } else {
        log_.warn("a reload was rejected", {{"why", told}});
    }
    const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    const MutexLock lock(mutex_);
    ++(applied ? reloads_.applied : reloads_.refused);
    (applied ? reloads_.last_applied : reloads_.last_refused) = now;
    reloads_.last_was_applied = applied;
    return event;
}

// The application's handler is called without the lock.
void FacadeControl::put_metrics(metrics::Exposition& to) const {
    ScrapeHandler handler;
    {
        const MutexLock lock(mutex_);
        put(to, reloads_);
        handler = handlers_.scrape;
    }
    try {
        if (handler) {
            to.append(handler(to.format() == metrics::Format::open_metrics));
        }
    } catch (const std::exception& problem) {
        static constexpr LogCategory scrapes{"scrape_handler"};
        if (log_.may_write(LogLevel::warn, scrapes, Clock::now())) {
            log_.warn("the application's own metrics are left out", {{"why", problem.what()}});
        }
    }
}

// The subject exists from open() on, as long as this object.
std::string FacadeControl::metrics_text(bool open_metrics) const {
    admin::Subject* subject = nullptr;
    {
        const MutexLock lock(mutex_);
        subject = subject_.get();
    }
    metrics::Exposition text(open_metrics ? metrics::Format::open_metrics : metrics::Format::prometheus);
    if (subject == nullptr) {
        return {};
    }
    subject->metrics(text);
    return std::move(text).finish();
}

Json FacadeControl::about(std::string_view side, bool stopping) const {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    TrialLeftHandler trial_left;
    std::chrono::steady_clock::time_point began;
    {
        const MutexLock lock(mutex_);
        trial_left = handlers_.trial_left;
        began = began_;
    }
    const auto up = std::chrono::steady_clock::now() - began;
    Json json{{"api", 1},          {"program", "ferrotunnel " + std::string(version_string)}, {"side", side},
              {"pid", ::getpid()}, {"uptime_ms", duration_cast<milliseconds>(up).count()},    {"draining", stopping}};
    if (const auto left = trial_left ? trial_left() : std::nullopt) {
        json["trial_seconds"] = static_cast<double>(left->count()) / 1000;
    }
    return json;
}

}  // namespace ferrotunnel::detail

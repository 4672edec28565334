// The Server: the handle that the application holds.
#include "ferrotunnel/server.hpp"

#include <algorithm>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "api/audit_acts.hpp"
#include "api/builder_access.hpp"
#include "api/make_facade.hpp"
#include "api/open_attempt.hpp"
#include "api/server_impl.hpp"
#include "ferrotunnel/config.hpp"
#include "ferrotunnel/program.hpp"

namespace ferrotunnel {

namespace detail {

Server make_server(ServerSettings&& settings) {
    return Server(std::make_unique<Server::Impl>(std::move(settings)));
}

}  // namespace detail

Server::Server() noexcept = default;
Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&& other) noexcept {
    if (this != &other) {
        detail::leak_forked_engine(impl_);
        impl_ = std::move(other.impl_);
    }
    return *this;
}
Server::~Server() {
    detail::leak_forked_engine(impl_);
}

void Server::start() {
    std::error_code error;
    std::string what;
    detail::engine_of(impl_, "Server").start(error, what);
    if (error) {
        throw std::system_error(error, what);
    }
}

void Server::start(std::error_code& ec) {
    std::string what;
    ec.clear();
    detail::engine_of(impl_, "Server").start(ec, what);
}

std::string Server::client_endpoint() const {
    return impl_ ? impl_->address(detail::Endpoint::clients) : std::string();
}

std::string Server::http_endpoint() const {
    return impl_ ? impl_->address(detail::Endpoint::http) : std::string();
}

std::string Server::https_endpoint() const {
    return impl_ ? impl_->address(detail::Endpoint::https) : std::string();
}

std::string Server::connect_endpoint() const {
    return impl_ ? impl_->address(detail::Endpoint::connect) : std::string();
}

std::string Server::tls_pin() const {
    return impl_ ? impl_->tls_pin() : std::string();
}

std::vector<TunnelInfo> Server::tunnels() const {
    return impl_ ? impl_->statistics().tunnels() : std::vector<TunnelInfo>();
}

std::vector<PluginInfo> Server::plugins() const {
    return impl_ ? impl_->plugins().infos() : std::vector<PluginInfo>();
}

std::vector<ServiceStats> Server::service_stats() const {
    return impl_ ? impl_->statistics().service_stats() : std::vector<ServiceStats>();
}

std::vector<WorkerStats> Server::worker_stats() const {
    return impl_ ? impl_->statistics().worker_stats() : std::vector<WorkerStats>();
}

ServerStats Server::stats() const {
    return impl_ ? impl_->statistics().stats() : ServerStats{};
}

std::string Server::control_socket() const {
    return impl_ ? impl_->control().path() : std::string();
}

std::string Server::metrics_endpoint() const {
    return impl_ ? impl_->control().metrics_endpoint() : std::string();
}

std::string Server::dashboard_endpoint() const {
    return impl_ ? impl_->control().dashboard_endpoint() : std::string();
}

std::string Server::dashboard_url() const {
    return impl_ ? impl_->control().dashboard_url() : std::string();
}

void Server::on_scrape(ScrapeHandler handler) {
    detail::engine_of(impl_, "Server").control().set(&detail::ControlHandlers::scrape, std::move(handler));
}

std::string Server::metrics_text(bool open_metrics) const {
    return impl_ ? impl_->control().metrics_text(open_metrics) : std::string();
}

void Server::on_reload(ReloadHandler handler) {
    detail::engine_of(impl_, "Server").control().set(&detail::ControlHandlers::reload, std::move(handler));
}

void Server::on_drain(DrainHandler handler) {
    detail::engine_of(impl_, "Server").control().set(&detail::ControlHandlers::drain, std::move(handler));
}

namespace {

std::uint64_t whole_seconds(std::chrono::milliseconds time) noexcept {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0) / 1000);
}

// Records a call that changes something; `subject`: what it is about, a text or a number.
template <typename Subject>
void record_act(audit::AuditLog& log, std::string_view act, std::string_view key, const Subject& subject) {
    if (log.is_on()) {
        audit::Record record = detail::library_act(act);
        record.add(key, subject);
        log.write(record);
    }
}

std::optional<detail::ServerClients::Kicked> kick_client(detail::ServerClients& clients, audit::AuditLog& log,
                                                         const session::ClientQuery& client,
                                                         std::chrono::milliseconds keep_out) {
    const auto kicked = clients.kick(client, keep_out);
    if (log.is_on()) {
        audit::Record record = detail::library_act("kick");
        record.add("client", client.text)
            .add("seconds", whole_seconds(keep_out))
            .add("kicked", std::uint64_t{kicked ? kicked->ended : 0});
        log.write(record);
    }
    return kicked;
}

// The number of clients that were disconnected or kept out.
std::size_t count_of(const std::optional<detail::ServerClients::Kicked>& kicked) {
    if (!kicked) {
        throw std::system_error(errc::busy, "Too many clients are kept out");
    }
    return std::max(kicked->ended, kicked->kept_out);
}

}  // namespace

std::size_t Server::kick(std::uint64_t id, std::chrono::milliseconds keep_out) {
    Impl& engine = detail::engine_of(impl_, "Server");
    return count_of(
        kick_client(engine.clients(), engine.audit(), {std::to_string(id), session::ClientNaming::id}, keep_out));
}

std::size_t Server::kick_by_name(const std::string& name, std::chrono::milliseconds keep_out) {
    Impl& engine = detail::engine_of(impl_, "Server");
    return count_of(kick_client(engine.clients(), engine.audit(), {name, session::ClientNaming::name}, keep_out));
}

std::size_t Server::kick(const std::string& client, std::chrono::milliseconds keep_out) {
    Impl& engine = detail::engine_of(impl_, "Server");
    return count_of(kick_client(engine.clients(), engine.audit(), {client}, keep_out));
}

void Server::start_open(OpenTarget target, std::shared_ptr<detail::OpenAttempt> attempt) noexcept {
    if (!impl_) {
        attempt->fail(errc::not_running);
        return;
    }
    try {
        impl_->start_open(target, attempt);
    } catch (const std::bad_alloc&) {
        attempt->fail(std::make_error_code(std::errc::not_enough_memory));
    }
}

std::error_code Server::stop(std::chrono::milliseconds drain) {
    if (!impl_) {
        return make_error_code(errc::not_running);
    }
    record_act(impl_->audit(), "stop", "drain_seconds", whole_seconds(drain));
    return impl_->stop(drain);
}

asio::any_io_executor Server::get_executor() const {
    return detail::engine_of(impl_, "Server").executor();
}

// --- changes ---

void Server::reopen_access_log() {
    detail::engine_of(impl_, "Server").reload().reopen_access_log();
}

void Server::set_plugins(std::vector<PluginUse> plugins) {
    Impl& engine = detail::engine_of(impl_, "Server");
    engine.reload().set_plugins(std::move(plugins));
    record_act(engine.audit(), "set_plugins", "", "");
}

ApplyReport Server::apply(Builder builder) {
    return detail::engine_of(impl_, "Server").reload().apply(std::move(detail::BuilderAccess::settings_of(builder)));
}

ApplyReport Server::apply(const Config& config) {
    return apply(config.server());
}

ApplyReport Server::check(const Builder& builder) const {
    detail::ServerSettings settings = detail::BuilderAccess::settings_of(builder);
    return detail::engine_of(impl_, "Server").reload().check(std::move(settings));
}

ApplyReport Server::add_token(Secret token, std::string name, Rights rights, Secret also) {
    return detail::engine_of(impl_, "Server")
        .reload()
        .add_token({std::move(token), std::move(name), std::move(rights), std::move(also)});
}

bool Server::revoke(const std::string& token_id) {
    Impl& engine = detail::engine_of(impl_, "Server");
    const bool was_known = engine.authentication().revoke(token_id);
    record_act(engine.audit(), "revoke", "token_id", token_id);
    return was_known;
}

void Server::forget_login(const std::string& token_id) {
    detail::engine_of(impl_, "Server").authentication().forget_login(token_id);
}

void Server::forget_logins() {
    detail::engine_of(impl_, "Server").authentication().forget_logins();
}

ApplyReport Server::remove_token(const std::string& name) {
    return detail::engine_of(impl_, "Server").reload().remove_token(name);
}

std::string Server::add_listener(Visitors visitors, const std::string& address) {
    Impl& engine = detail::engine_of(impl_, "Server");
    std::string at = engine.add_listener(visitors, address);
    record_act(engine.audit(), "add_listener", "address", at);
    return at;
}

bool Server::remove_listener(const std::string& address) {
    Impl& engine = detail::engine_of(impl_, "Server");
    const bool is_removed = engine.remove_listener(address);
    record_act(engine.audit(), "remove_listener", "address", address);
    return is_removed;
}

// --- old names ---

void Server::note_reload(bool applied, std::string_view outcome) {
    program::note_reload(*this, applied, outcome);
}

void Server::on_trial(TrialHandler handler) {
    program::on_trial(*this, std::move(handler));
}

void Server::on_trial_left(TrialLeftHandler handler) {
    program::on_trial_left(*this, std::move(handler));
}

void Server::on_compare(CompareHandler handler) {
    program::on_compare(*this, std::move(handler));
}

void Server::inherit(std::vector<PassedSocket> sockets) {
    program::inherit(*this, std::move(sockets));
}

void Server::take_control_name() {
    program::take_control_name(*this);
}

std::vector<PassedSocket> Server::sockets() const {
    return program::sockets(*this);
}

std::uint64_t Server::socket_changes() const {
    return program::socket_changes(*this);
}

bool Server::is_replaced() const {
    return program::is_replaced(*this);
}

}  // namespace ferrotunnel

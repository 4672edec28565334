// The Client: the handle that the application holds.
#include "ferrotunnel/client.hpp"

#include <utility>

#include "api/builder_access.hpp"
#include "api/client_impl.hpp"
#include "api/make_facade.hpp"
#include "ferrotunnel/config.hpp"

namespace ferrotunnel {

Client::Builder Client::builder() {
    return {};
}

namespace detail {

Client make_client(ClientSettings&& settings) {
    return Client(std::make_unique<Client::Impl>(std::move(settings)));
}

}  // namespace detail

namespace {

template <typename Description>
Listener listen_on(const std::unique_ptr<Client::Impl>& impl, Description service, asio::any_io_executor executor) {
    Client::Impl& engine = detail::engine_of(impl, "Client");
    return engine.offers().listen(std::move(service), executor ? std::move(executor) : engine.executor());
}

template <typename Description>
void listen_or_fail(const std::unique_ptr<Client::Impl>& impl, Description service,
                    detail::ListenOperation* operation) noexcept {
    try {
        detail::engine_of(impl, "Client").offers().start_listen(std::move(service), operation);
    } catch (const std::system_error& error) {
        operation->complete(error.code(), Listener());
    }
}

}  // namespace

Client::Client() noexcept = default;
Client::Client(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&& other) noexcept {
    if (this != &other) {
        detail::leak_forked_engine(impl_);
        impl_ = std::move(other.impl_);
    }
    return *this;
}
Client::~Client() {
    detail::leak_forked_engine(impl_);
}

Service Client::add(Tcp service) {
    return detail::engine_of(impl_, "Client").offers().add(std::move(service));
}

std::string Client::visit(Visit visit) {
    return detail::engine_of(impl_, "Client").visits().add(visit);
}

std::vector<VisitStats> Client::visits() const {
    return impl_ ? impl_->visits().stats() : std::vector<VisitStats>();
}

Service Client::add(Tls service) {
    return detail::engine_of(impl_, "Client").offers().add(std::move(service));
}

Service Client::add(Udp service) {
    return detail::engine_of(impl_, "Client").offers().add(std::move(service));
}

Service Client::add(Http service) {
    return detail::engine_of(impl_, "Client").offers().add(std::move(service));
}

Listener Client::listen(Tcp service, asio::any_io_executor executor) {
    return listen_on(impl_, std::move(service), std::move(executor));
}

Listener Client::listen(Http service, asio::any_io_executor executor) {
    return listen_on(impl_, std::move(service), std::move(executor));
}

Listener Client::listen(Tls service, asio::any_io_executor executor) {
    return listen_on(impl_, std::move(service), std::move(executor));
}

Service Client::listen(Udp service, DatagramHandler handler) {
    return detail::engine_of(impl_, "Client").offers().listen(std::move(service), std::move(handler));
}

void Client::start() {
    detail::engine_of(impl_, "Client").start();
}

std::error_code Client::wait_ready(std::chrono::milliseconds timeout) {
    return impl_ ? impl_->wait_ready(timeout) : make_error_code(errc::not_running);
}

void Client::start_listen(Tcp service, detail::ListenOperation* operation) noexcept {
    listen_or_fail(impl_, std::move(service), operation);
}

void Client::start_listen(Http service, detail::ListenOperation* operation) noexcept {
    listen_or_fail(impl_, std::move(service), operation);
}

void Client::start_listen(Tls service, detail::ListenOperation* operation) noexcept {
    listen_or_fail(impl_, std::move(service), operation);
}

std::error_code Client::stop(std::chrono::milliseconds drain) {
    return impl_ ? impl_->stop(drain) : make_error_code(errc::not_running);
}

bool Client::connected() const {
    return impl_ && impl_->connected();
}

std::string Client::control_socket() const {
    return impl_ ? impl_->control().path() : std::string();
}

std::string Client::metrics_endpoint() const {
    return impl_ ? impl_->control().metrics_endpoint() : std::string();
}

std::string Client::dashboard_endpoint() const {
    return impl_ ? impl_->control().dashboard_endpoint() : std::string();
}

std::string Client::dashboard_url() const {
    return impl_ ? impl_->control().dashboard_url() : std::string();
}

void Client::note_reload(bool applied) {
    note_reload(applied, {});
}

void Client::note_reload(bool applied, std::string_view outcome) {
    detail::engine_of(impl_, "Client").note_reload(applied, outcome);
}

void Client::on_scrape(ScrapeHandler handler) {
    detail::engine_of(impl_, "Client").control().set(&detail::ControlHandlers::scrape, std::move(handler));
}

std::string Client::metrics_text(bool open_metrics) const {
    return impl_ ? impl_->control().metrics_text(open_metrics) : std::string();
}

void Client::on_reload(ReloadHandler handler) {
    detail::engine_of(impl_, "Client").control().set(&detail::ControlHandlers::reload, std::move(handler));
}

void Client::keep_services_beside(std::string file) {
    detail::engine_of(impl_, "Client").keep_services_beside(std::move(file));
}

void Client::on_trial_left(TrialLeftHandler handler) {
    detail::engine_of(impl_, "Client").control().set(&detail::ControlHandlers::trial_left, std::move(handler));
}

void Client::on_trial(TrialHandler handler) {
    detail::engine_of(impl_, "Client").control().set(&detail::ControlHandlers::trial, std::move(handler));
}

void Client::on_compare(CompareHandler handler) {
    detail::engine_of(impl_, "Client").control().set(&detail::ControlHandlers::compare, std::move(handler));
}

void Client::on_drain(DrainHandler handler) {
    detail::engine_of(impl_, "Client").control().set(&detail::ControlHandlers::drain, std::move(handler));
}

std::vector<ServiceStats> Client::service_stats() const {
    return impl_ ? impl_->statistics().services() : std::vector<ServiceStats>();
}

std::vector<WorkerStats> Client::worker_stats() const {
    return impl_ ? impl_->statistics().workers() : std::vector<WorkerStats>();
}

ClientStats Client::stats() const {
    return impl_ ? impl_->statistics().stats() : ClientStats{};
}

asio::any_io_executor Client::get_executor() const {
    return detail::engine_of(impl_, "Client").executor();
}

std::vector<RecordedExchange> Client::exchanges(std::size_t most) const {
    return impl_ ? impl_->statistics().exchanges(most) : std::vector<RecordedExchange>();
}

bool Client::set_enabled(const std::string& service, bool enabled, const std::string& by) {
    return detail::engine_of(impl_, "Client").reload().set_enabled(service, enabled, by, true);
}

ApplyReport Client::apply(Builder builder, std::vector<AnyService> services) {
    return detail::engine_of(impl_, "Client")
        .reload()
        .apply(std::move(detail::BuilderAccess::settings_of(builder)), std::move(services), true);
}

ApplyReport Client::check(const Builder& builder, std::vector<AnyService> services) const {
    detail::ClientSettings settings = detail::BuilderAccess::settings_of(builder);
    return detail::engine_of(impl_, "Client").reload().apply(std::move(settings), std::move(services), false);
}

ApplyReport Client::apply(const Config& config) {
    std::vector<AnyService> services;
    if (const auto& part = config.contents().values.client) {
        services.insert(services.end(), part->services.begin(), part->services.end());
        services.insert(services.end(), part->http_services.begin(), part->http_services.end());
        services.insert(services.end(), part->tls_services.begin(), part->tls_services.end());
        services.insert(services.end(), part->udp_services.begin(), part->udp_services.end());
    }
    return apply(config.client(), std::move(services));
}

}  // namespace ferrotunnel

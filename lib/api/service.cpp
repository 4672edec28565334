#include "ferrotunnel/service.hpp"
#include "base/mutex.hpp"

#include <utility>

#include "api/service_state.hpp"

namespace ferrotunnel {

namespace detail {

ServiceState::View ServiceState::view() const {
    const MutexLock lock(mutex_);
    return view_;
}

void ServiceState::set_registered(std::string endpoint, std::uint16_t port, std::string not_at) {
    const MutexLock lock(mutex_);
    if (view_.state != State::closed) {
        view_.state = State::registered;
        view_.endpoint = std::move(endpoint);
        view_.port = port;
        view_.not_at = std::move(not_at);
        view_.error.clear();
        view_.error_text.clear();
    }
}

void ServiceState::set_refused(std::error_code error, std::string text) {
    const MutexLock lock(mutex_);
    if (view_.state != State::closed) {
        view_.state = State::refused;
        view_.error = error;
        view_.error_text = std::move(text);
    }
}

void ServiceState::set_pending() {
    const MutexLock lock(mutex_);
    if (view_.state != State::closed) {
        view_.state = State::pending;
    }
}

ServiceState::Health ServiceState::set_health(Health health, std::string why) {
    const MutexLock lock(mutex_);
    view_.why_unhealthy = std::move(why);
    return std::exchange(view_.health, health);
}

void ServiceState::set_checked(bool is_checked) {
    const MutexLock lock(mutex_);
    if (!is_checked) {
        view_.health = Health::unchecked;
    } else if (view_.health == Health::unchecked) {
        view_.health = Health::unknown;
    }
}

void ServiceState::set_disabled() {
    const MutexLock lock(mutex_);
    if (view_.state != State::closed) {
        view_.state = State::disabled;
    }
}

void ServiceState::set_closed() {
    std::function<void()> dropped;  // destroyed without the lock: it may hold much
    const MutexLock lock(mutex_);
    view_.state = State::closed;
    dropped.swap(on_close_);
}

void ServiceState::close() {
    std::function<void()> on_close;
    {
        const MutexLock lock(mutex_);
        view_.state = State::closed;
        on_close.swap(on_close_);
    }
    if (on_close) {
        on_close();
    }
}

}  // namespace detail

Service::Service() noexcept = default;
Service::Service(std::shared_ptr<detail::ServiceState> state) noexcept : state_(std::move(state)) {}
Service::Service(const Service&) = default;
Service::Service(Service&&) noexcept = default;
Service& Service::operator=(const Service&) = default;
Service& Service::operator=(Service&&) noexcept = default;
Service::~Service() = default;

std::string Service::name() const {
    return state_ ? state_->name() : std::string();
}

Service::State Service::state() const {
    return state_ ? state_->view().state : State::closed;
}

std::string Service::endpoint() const {
    return state_ ? state_->view().endpoint : std::string();
}

std::string Service::url() const {
    return url_of(endpoint());
}

std::string url_of(std::string_view endpoint) {
    if (endpoint.find(':') == std::string_view::npos) {
        return {};  // "private", or not known yet
    }
    return (endpoint.find("://") == std::string_view::npos ? "tcp://" : "") + std::string(endpoint);
}

std::uint16_t Service::port() const {
    return state_ ? state_->view().port : std::uint16_t{0};
}

std::error_code Service::error() const {
    return state_ ? state_->view().error : std::error_code();
}

std::string Service::error_text() const {
    return state_ ? state_->view().error_text : std::string();
}

void Service::close() {
    if (state_) {
        state_->close();
    }
}

}  // namespace ferrotunnel

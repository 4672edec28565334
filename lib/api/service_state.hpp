// State behind a Service handle, written by the client's engine.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <system_error>

#include "base/mutex.hpp"
#include "ferrotunnel/service.hpp"

namespace ferrotunnel::detail {

/// The state of one service. Thread-safe.
class ServiceState {
public:
    using State = Service::State;
    enum class Health : std::uint8_t { unchecked, unknown, healthy, unhealthy };

    struct View {
        State state = State::pending;
        std::string endpoint;
        std::uint16_t port = 0;
        std::error_code error;
        std::string error_text;
        Health health = Health::unchecked;
        std::string why_unhealthy{};
        std::string not_at{};  // members of the server's cluster that cannot listen on its port; usually empty
    };

    /// `on_close` is called once, by the thread that closes the service; it must not call back into this object's owner
    /// while the owner holds a lock. May be empty.
    ServiceState(std::string name, std::function<void()> on_close)
        : name_(std::move(name)), on_close_(std::move(on_close)) {}

    const std::string& name() const noexcept { return name_; }
    View view() const;

    // For the engine. None of these has an effect once the service is closed.
    void set_registered(std::string endpoint, std::uint16_t port, std::string not_at = {});
    void set_refused(std::error_code error, std::string text);
    /// Called after the trunk was lost; the endpoint stays known.
    void set_pending();
    void set_disabled();
    /// Returns the previous value.
    Health set_health(Health health, std::string why);
    /// Whether its backend is checked; the known health stays.
    void set_checked(bool is_checked);
    /// Closes without calling on_close: the client has ended.
    void set_closed();

    // For the application.
    void close();

private:
    const std::string name_;
    mutable Mutex mutex_;
    View view_ GUARDED_BY(mutex_);
    std::function<void()> on_close_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::detail

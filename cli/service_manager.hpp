// Tells the service manager that has started this program, as systemd does, how it goes: texts as datagrams to a Unix
// socket that it names, as sd_notify(3) describes. Where there is none, all of this does nothing.
//
//   ready --reloading--> reading --ready--> ready --stopping--> stopping
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/passed_socket.hpp"
#include "kept_sockets.hpp"

namespace ferrotunnel::cli {

/// For the main thread.
class ServiceManager {
public:
    using Clock = std::chrono::steady_clock;

    /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
    ServiceManager();
    ~ServiceManager();
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    bool is_there() const noexcept { return socket_ >= 0; }

    /// This process is the service's from now on, in the place of another one: ready() says so.
    void set_main_process() noexcept { is_new_main_ = true; }
    /// Lets the manager keep copies of those that have a name, in the place of what it kept before: the next process of
    /// the service gets them, if this one has crashed or is restarted. Only what has changed is sent. Closes them here.
    /// False: it has not got all of them, since it does not listen, or one could not be copied (no descriptor: what is
    /// kept of that name stays).
    bool keep(std::vector<PassedSocket> sockets);
    /// The manager is to keep nothing of these names: a start with what it has kept cannot succeed.
    void forget(const std::vector<std::string>& names);
    /// The start, or a reload, is over.
    void ready();
    /// This process is the service from now on, and the one before it may end (systemd: NotifyAccess=all).
    void main_process();
    /// The configuration is read again from now on.
    void reloading();
    void stopping();

    /// When look() is due at the latest: the watchdog has to hear of this program within an interval. Nothing: it need
    /// not be called for that.
    std::optional<std::chrono::milliseconds> due_in(Clock::time_point now) const noexcept;
    /// Does what is due. `state` says how it goes in one line; it is asked once a second at most.
    template <typename State>
    void look(Clock::time_point now, const State& state) {
        pat_watchdog(now);
        if (is_there() && now >= state_due_) {
            state_due_ = now + state_every;
            tell_state(state());
        }
    }

private:
    void pat_watchdog(Clock::time_point now);
    void tell_state(const std::string& state);
    /// `patience`: how long a full socket is waited for. What does not get through is left out (false).
    /// `descriptor`: goes with it; below 0: none does.
    bool send(std::string_view text, std::chrono::milliseconds patience, int descriptor = -1) noexcept;

    static constexpr std::chrono::seconds state_every{1};
    /// For what the manager has to hear. It reads at once unless the machine is in trouble.
    static constexpr std::chrono::seconds patience{1};

    std::string path_;  // the first byte of an abstract one is 0
    int socket_ = -1;
    std::chrono::milliseconds watchdog_every_{0};  // half of what the manager allows; 0: there is no watchdog
    Clock::time_point watchdog_due_{};
    Clock::time_point state_due_{};
    std::string told_;
    KeptSockets kept_;
    bool is_new_main_ = false;
};

}  // namespace ferrotunnel::cli

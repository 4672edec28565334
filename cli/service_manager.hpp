// Reports the program's state to the service manager that started it, such as systemd, by datagrams to a Unix socket,
// as sd_notify(3) describes. Without a manager, nothing is done.
//
//   ready --reloading--> reading --ready--> ready --stopping--> stopping
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fd_store.hpp"
#include "ferrotunnel/passed_socket.hpp"

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
    /// Whether the manager received the last message that it needs.
    bool is_listening() const noexcept { return is_listening_; }

    /// This process now stands for the service, instead of another one: the next state reports that.
    void set_main_process() noexcept { is_new_main_ = true; }
    /// Lets the manager keep copies of the named sockets, instead of those it kept before: the next process of the
    /// service gets them if this one crashes or is restarted. Sends only what has changed. Closes the descriptors.
    /// False if the manager has not received all of them: it does not listen, or a socket could not be copied (no
    /// descriptor; what is kept under that name stays).
    bool keep(std::vector<PassedSocket> sockets);
    /// Makes the manager drop these names: a start with the kept sockets cannot succeed.
    void forget(const std::vector<std::string>& names);
    /// The start, or a reload, is complete.
    void ready();
    /// This process now stands for the service, and the previous one may end (systemd: NotifyAccess=all).
    void main_process();
    /// A reload begins.
    void reloading();
    void stopping();

    /// When tick() must be called at the latest: the watchdog expects a message in each interval, and a state that the
    /// manager has not received is sent again. Empty: no deadline.
    std::optional<std::chrono::milliseconds> due_in(Clock::time_point now) const noexcept;
    /// Sends what is due. `state` describes the program's state in one line; it is called at most once a second.
    template <typename State>
    void tick(Clock::time_point now, const State& state) {
        ping_watchdog(now);
        if (is_there() && now >= state_due_) {
            state_due_ = now + state_every;
            send_owed();
            send_state(state());
        }
    }

private:
    void ping_watchdog(Clock::time_point now);
    void tell(std::string state);
    void send_owed();
    void send_state(const std::string& state);
    /// Waits for room in the socket, for no longer than `patience`. False if the message was not sent.
    bool require(std::string_view text, int descriptor = -1) noexcept;
    bool send(std::string_view text, std::chrono::milliseconds longest, int descriptor) noexcept;

    static constexpr std::chrono::seconds state_every{1};
    /// For required messages, once until the manager listens again: it reads at once unless the machine is in trouble.
    static constexpr std::chrono::seconds patience{1};

    std::string path_;  // begins with a zero byte if the address is abstract
    int socket_ = -1;
    std::chrono::milliseconds watchdog_every_{0};  // half of what the manager allows; 0 if there is no watchdog
    Clock::time_point watchdog_due_{};
    Clock::time_point state_due_{};
    std::string last_reported_;
    // States that the manager has not received: at most a reload, its end, and the end of the program.
    std::deque<std::string> owed_;
    bool is_listening_ = true;
    FdStore fd_store_;
    bool is_new_main_ = false;
};

}  // namespace ferrotunnel::cli

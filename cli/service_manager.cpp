#include "service_manager.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <utility>

#include "environment.hpp"
#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

using std::chrono::milliseconds;

std::uint64_t unsigned_in(const std::string& text) noexcept {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

// The kernel's monotonic clock: the manager uses it to match an answer to its request.
std::uint64_t monotonic_microseconds() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

}  // namespace

ServiceManager::ServiceManager() : path_(environment_variable("NOTIFY_SOCKET")) {
    const std::uint64_t interval = unsigned_in(environment_variable("WATCHDOG_USEC"));
    const std::string watched = environment_variable("WATCHDOG_PID");
    if (path_.size() < 2 || path_.size() >= sizeof(sockaddr_un::sun_path) ||
        (path_.front() != '/' && path_.front() != '@')) {
        return;
    }
    if (path_.front() == '@') {
        path_.front() = '\0';
    }
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (watched.empty() || unsigned_in(watched) == static_cast<std::uint64_t>(::getpid())) {
        constexpr std::uint64_t longest = 24ULL * 3600 * 1'000'000;
        watchdog_every_ = milliseconds(static_cast<std::int64_t>(std::min(interval, longest) / 2'000));
    }
}

ServiceManager::~ServiceManager() {
    if (socket_ >= 0) {
        ::close(socket_);
    }
}

void ServiceManager::ready() {
    send(std::exchange(is_new_main_, false) ? fmt::format("MAINPID={}\nREADY=1", ::getpid()) : "READY=1", patience);
}

bool ServiceManager::keep(std::vector<PassedSocket> sockets) {
    const FdStore::Owned owned(std::move(sockets));
    for (const FdStore::Change& change : fd_store_.changes(owned)) {
        fd_store_.note({change.name, {}, {}});  // what fails now is sent again
        // The socket kept under this name may have another address, perhaps from the previous process.
        bool is_told = send("FDSTOREREMOVE=1\nFDNAME=" + change.name, patience);
        for (const int descriptor : change.descriptors) {
            is_told = is_told && send("FDSTORE=1\nFDNAME=" + change.name, patience, descriptor);
        }
        if (!is_told) {
            return false;  // waits only once for a manager that does not listen
        }
        fd_store_.note(change);
    }
    return owned.is_complete();
}

void ServiceManager::forget(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        send("FDSTOREREMOVE=1\nFDNAME=" + name, patience);
    }
}

void ServiceManager::main_process() {
    send(fmt::format("MAINPID={}\nREADY=1", ::getpid()), patience);
}

void ServiceManager::reloading() {
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()), patience);
}

void ServiceManager::stopping() {
    send("STOPPING=1", patience);
}

std::optional<milliseconds> ServiceManager::due_in(Clock::time_point now) const noexcept {
    if (!is_there() || watchdog_every_.count() == 0) {
        return std::nullopt;
    }
    return std::max(std::chrono::ceil<milliseconds>(watchdog_due_ - now), milliseconds(0));
}

void ServiceManager::ping_watchdog(Clock::time_point now) {
    if (is_there() && watchdog_every_.count() != 0 && now >= watchdog_due_) {
        watchdog_due_ = now + watchdog_every_;
        send("WATCHDOG=1", milliseconds(0));
    }
}

void ServiceManager::send_state(const std::string& state) {
    if (state != last_reported_) {
        last_reported_ = state;
        send("STATUS=" + printable(state), milliseconds(0));
    }
}

bool ServiceManager::send(std::string_view text, milliseconds patience_left, int descriptor) noexcept {
    if (!is_there()) {
        return false;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
    // allowed: an iovec serves reading too, so it has no const
    iovec piece{const_cast<char*>(text.data()), text.size()};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = size;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (descriptor >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* const head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
    }
    const auto until = Clock::now() + patience_left;
    while (::sendmsg(socket_, &message, MSG_NOSIGNAL) < 0) {
        const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
        if (errno != EINTR && (errno != EAGAIN || left.count() <= 0)) {
            return false;
        }
        // A datagram socket that is not connected is never reported as writable when its peer has room, so it is
        // polled.
        constexpr int ask_every_ms = 10;
        (void)::poll(nullptr, 0, ask_every_ms);
    }
    return true;
}

}  // namespace ferrotunnel::cli

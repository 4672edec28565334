#include "service_manager.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
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

constexpr const char* ready_state = "READY=1";
constexpr const char* reload_state = "RELOADING=1";

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
    tell(ready_state);
}

bool ServiceManager::keep(std::vector<PassedSocket> sockets) {
    const FdStore::Owned owned(std::move(sockets));
    for (const FdStore::Change& change : fd_store_.changes(owned)) {
        fd_store_.note({change.name, {}, {}});  // what fails now is sent again
        // The socket kept under this name may have another address, perhaps from the previous process.
        bool is_told = require("FDSTOREREMOVE=1\nFDNAME=" + change.name);
        for (const int descriptor : change.descriptors) {
            is_told = is_told && require("FDSTORE=1\nFDNAME=" + change.name, descriptor);
        }
        if (!is_told) {
            return false;
        }
        fd_store_.note(change);
    }
    return owned.is_complete();
}

void ServiceManager::forget(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        require("FDSTOREREMOVE=1\nFDNAME=" + name);
    }
}

void ServiceManager::main_process() {
    set_main_process();
    ready();
}

void ServiceManager::reloading() {
    tell(fmt::format("{}\nMONOTONIC_USEC={}", reload_state, monotonic_microseconds()));
}

void ServiceManager::stopping() {
    tell("STOPPING=1");
}

// A manager that never received the state would take a start or a reload for one that hangs, and end the program. A
// reload replaces what was not received before; its end, and the program's, follow it: a program whose start was not
// reported has failed, however it ends.
void ServiceManager::tell(std::string state) {
    if (state.starts_with(reload_state)) {
        owed_.clear();
    }
    if (owed_.empty() || owed_.back() != state) {
        owed_.push_back(std::move(state));
    }
    assert(owed_.size() <= 3);
    send_owed();
}

void ServiceManager::send_owed() {
    while (!owed_.empty()) {
        const std::string& next = owed_.front();
        if (!require(is_new_main_ ? fmt::format("MAINPID={}\n{}", ::getpid(), next) : next)) {
            return;
        }
        is_new_main_ = false;
        owed_.pop_front();
    }
}

std::optional<milliseconds> ServiceManager::due_in(Clock::time_point now) const noexcept {
    const bool has_watchdog = watchdog_every_.count() != 0;
    if (!is_there() || (!has_watchdog && owed_.empty())) {
        return std::nullopt;
    }
    const auto due = !has_watchdog ? state_due_ : owed_.empty() ? watchdog_due_ : std::min(watchdog_due_, state_due_);
    return std::max(std::chrono::ceil<milliseconds>(due - now), milliseconds(0));
}

void ServiceManager::ping_watchdog(Clock::time_point now) {
    if (is_there() && watchdog_every_.count() != 0 && now >= watchdog_due_) {
        watchdog_due_ = now + watchdog_every_;
        send("WATCHDOG=1", milliseconds(0), -1);
    }
}

void ServiceManager::send_state(const std::string& state) {
    if (state != last_reported_ && send("STATUS=" + printable(state), milliseconds(0), -1)) {
        last_reported_ = state;
    }
}

bool ServiceManager::require(std::string_view text, int descriptor) noexcept {
    is_listening_ = send(text, is_listening_ ? patience : milliseconds(0), descriptor);
    return is_listening_;
}

// `descriptor` is sent along; negative: none.
bool ServiceManager::send(std::string_view text, milliseconds longest, int descriptor) noexcept {
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
    const auto until = Clock::now() + longest;
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

#include "doctor/socket.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "doctor/limits.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

std::atomic<int> resolving{0};  // calls of the resolver

std::error_code last_error() {
    return {errno, std::generic_category()};
}

// The milliseconds until the deadline, for poll(2).
int poll_time_until(Deadline deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

Resolved resolve_now(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string plain = has_brackets ? host.substr(1, host.size() - 2) : host;
    Resolved resolved;
    if (const int code = ::getaddrinfo(plain.c_str(), nullptr, &hints, &list); code != 0) {
        resolved.fault = code == EAI_SYSTEM ? last_error().message() : ::gai_strerror(code);
        resolved.is_unanswered = code == EAI_AGAIN;
        return resolved;
    }
    for (const addrinfo* it = list; it != nullptr && resolved.addresses.size() < addresses_max; it = it->ai_next) {
        if (it->ai_family != AF_INET && it->ai_family != AF_INET6) {
            continue;
        }
        Address address;
        std::memcpy(&address.storage, it->ai_addr, it->ai_addrlen);
        address.size = it->ai_addrlen;
        address.set_port(port);
        resolved.addresses.push_back(address);
    }
    ::freeaddrinfo(list);
    resolved.fault = resolved.addresses.empty() ? "no address" : "";
    return resolved;
}

Dialled begin_to_dial(const Address& at) {
    Dialled dialled{at, {}, Socket(::socket(at.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))};
    if (!dialled.socket) {
        dialled.error = last_error();
    } else if (::connect(dialled.socket.get(), reinterpret_cast<const sockaddr*>(&at.storage), at.size) != 0) {
        dialled.error = last_error();
    }
    return dialled;
}

void finish_dial(Dialled& dialled, Deadline deadline) {
    if (dialled.error != std::errc::operation_in_progress) {
        return;
    }
    int code = ETIMEDOUT;
    if (wait_for(dialled.socket.get(), POLLOUT, deadline)) {
        socklen_t size = sizeof code;
        ::getsockopt(dialled.socket.get(), SOL_SOCKET, SO_ERROR, &code, &size);
    }
    dialled.error = {code, std::generic_category()};
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

void Socket::close() noexcept {
    if (descriptor_ >= 0) {
        ::close(std::exchange(descriptor_, -1));
    }
}

// The port is at the same place in both kinds of addresses.
std::uint16_t Address::port() const noexcept {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof address);
    return ntohs(address.sin_port);
}

void Address::set_port(std::uint16_t port) noexcept {
    const std::uint16_t there = htons(port);
    std::memcpy(reinterpret_cast<char*>(&storage) + offsetof(sockaddr_in, sin_port), &there, sizeof there);
}

std::string Address::ip() const {
    std::array<char, NI_MAXHOST> text{};
    const int code = ::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, text.data(), text.size(), nullptr,
                                   0, NI_NUMERICHOST);
    return code == 0 ? text.data() : "?";
}

std::string Address::text() const {
    return (is_six() ? '[' + ip() + ']' : ip()) + ':' + std::to_string(port());
}

Resolved resolve(const std::string& host, std::uint16_t port, Deadline deadline) {
    struct Answer {
        std::mutex mutex;  // guards `resolved`
        std::condition_variable change;
        std::optional<Resolved> resolved;
    };
    const auto answer = std::make_shared<Answer>();
    ++resolving;
    std::thread([answer, host, port] {
        Resolved resolved = resolve_now(host, port);
        --resolving;
        const std::lock_guard lock(answer->mutex);
        answer->resolved = std::move(resolved);
        answer->change.notify_all();
    }).detach();
    std::unique_lock lock(answer->mutex);
    if (!answer->change.wait_until(lock, deadline, [&] { return answer->resolved.has_value(); })) {
        return {{}, "no answer from the resolver", true};
    }
    return *answer->resolved;
}

bool has_late_resolver() noexcept {
    return resolving != 0;
}

std::string list_of(const std::vector<Address>& addresses) {
    std::string list;
    for (const Address& address : addresses) {
        list += (list.empty() ? "" : ", ") + address.ip();
    }
    return list;
}

std::vector<Dialled> dial(const std::vector<Address>& addresses, Deadline deadline) {
    std::vector<Dialled> all;
    for (const Address& at : addresses) {
        all.push_back(begin_to_dial(at));
    }
    for (Dialled& one : all) {
        finish_dial(one, deadline);
    }
    return all;
}

Socket listen_at(const Address& at, std::error_code& error) {
    Socket listener(::socket(at.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (listener && at.is_six()) {  // as the server does: IPv4 has addresses of its own
        ::setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (!listener || ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&at.storage), at.size) != 0 ||
        ::listen(listener.get(), SOMAXCONN) != 0) {
        error = last_error();
        return {};
    }
    return listener;
}

std::pair<Socket, std::uint16_t> listen_on_loopback() {
    Address at;
    sockaddr_in loopback{};
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::memcpy(&at.storage, &loopback, sizeof loopback);
    at.size = sizeof loopback;
    std::error_code error;
    Socket listener = listen_at(at, error);
    if (!listener) {
        throw std::system_error(error, "listen on 127.0.0.1");
    }
    at.size = sizeof at.storage;
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&at.storage), &at.size);
    return {std::move(listener), at.port()};
}

bool wait_for(int descriptor, short events, Deadline deadline) {
    for (;;) {
        pollfd one{descriptor, events, 0};
        const int left = poll_time_until(deadline);
        if (::poll(&one, 1, left) > 0) {
            return true;
        }
        if (left == 0) {
            return false;
        }
    }
}

bool send_all(int descriptor, std::string_view data, Deadline deadline) {
    while (!data.empty()) {
        const ssize_t sent = ::send(descriptor, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            data.remove_prefix(static_cast<std::size_t>(sent));
        } else if ((errno != EAGAIN && errno != EINTR) || !wait_for(descriptor, POLLOUT, deadline)) {
            return false;
        }
    }
    return true;
}

bool receive_some(int descriptor, std::string& data, Deadline deadline) {
    std::array<char, 16'384> piece{};
    for (;;) {
        const ssize_t received = ::recv(descriptor, piece.data(), piece.size(), 0);
        if (received > 0) {
            data.append(piece.data(), static_cast<std::size_t>(received));
            return true;
        }
        if (received == 0 || (errno != EAGAIN && errno != EINTR) || !wait_for(descriptor, POLLIN, deadline)) {
            return false;
        }
    }
}

}  // namespace ferrotunnel::cli::doctor

// Names and connections with a deadline, for checks that look at the network themselves.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "doctor/run_checks.hpp"

namespace ferrotunnel::cli::doctor {

/// Owns a descriptor.
class Socket {
public:
    Socket() noexcept = default;
    explicit Socket(int descriptor) noexcept : descriptor_(descriptor) {}
    Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { close(); }

    int get() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    void close() noexcept;

private:
    int descriptor_ = -1;
};

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    bool is_six() const noexcept { return storage.ss_family == AF_INET6; }
    std::uint16_t port() const noexcept;
    void set_port(std::uint16_t port) noexcept;
    std::string ip() const;    // "192.0.2.7", "2001:db8::7"
    std::string text() const;  // "192.0.2.7:22", "[2001:db8::7]:22"
};

struct Resolved {
    std::vector<Address> addresses;
    std::string fault;           // the resolver's words; empty: there are addresses
    bool is_unanswered = false;  // no name server has answered, or not in time
};

/// Resolves a name or an address, in brackets or without. The resolver cannot be interrupted: a late one continues on a
/// thread of its own, and its answer is dropped.
Resolved resolve(const std::string& host, std::uint16_t port, Deadline deadline);

/// Whether the resolver is still busy with a name that nobody waits for.
bool has_late_resolver() noexcept;

/// "192.0.2.7, 2001:db8::7"
std::string list_of(const std::vector<Address>& addresses);

struct Dialled {
    Address at;
    std::error_code error;  // std::errc::timed_out: no answer
    Socket socket;          // connected and non-blocking
};

/// Connects to all of them at once, and waits for each until the deadline.
std::vector<Dialled> dial(const std::vector<Address>& addresses, Deadline deadline);

/// A non-blocking listener; `error` has the reason if there is none.
Socket listen_at(const Address& at, std::error_code& error);
/// A listener on a free port of this machine's loopback, and its port.
std::pair<Socket, std::uint16_t> listen_on_loopback();

/// Waits for `events` of poll(2). False at the deadline.
bool wait_for(int descriptor, short events, Deadline deadline);
bool send_all(int descriptor, std::string_view data, Deadline deadline);
/// Appends what has arrived to `data`, after waiting for it. False at the end of the connection, a failure or the
/// deadline.
bool receive_some(int descriptor, std::string& data, Deadline deadline);

}  // namespace ferrotunnel::cli::doctor

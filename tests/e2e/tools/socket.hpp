// The little that the tools of the end-to-end tests need of POSIX sockets; failures end the tool with a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace e2e {

/// Owns a descriptor.
class Socket {
public:
    Socket() = default;
    explicit Socket(int fd) : fd_(fd) {}
    Socket(Socket&& other) noexcept : fd_(other.release()) {}
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { close(); }

    int get() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }
    int release();
    /// Closes the connection; orderly only if everything that came was read.
    void close();
    /// The peer sees a reset; what it has not got yet is lost.
    void reset();

private:
    int fd_ = -1;
};

struct Address {
    std::string host;
    std::uint16_t port = 0;
};

[[noreturn]] void die(const std::string& what);
/// As die(), with what errno says.
[[noreturn]] void die_errno(const std::string& what);

/// "127.0.0.1:80"; IPv4 only.
Address parse_address(const std::string& text);
std::uint64_t parse_number(const std::string& text);

/// Port 0: the system chooses.
Socket listen_on(const Address& address, int backlog = 4096);
std::uint16_t port_of(const Socket& socket);
bool can_bind(std::uint16_t port);

/// Invalid when the connection failed, errno says why; `from` may be empty.
Socket try_connect(const Address& to, const std::string& from = {});
/// To an address as parse_address takes it.
Socket connect_to(const std::string& address);
/// Begins to connect without waiting; becomes writable when it is done.
/// `receive_buffer`: about how many unread bytes the kernel may hold for us; 0: its own choice.
Socket begin_connect(const Address& to, const std::string& from = {}, int receive_buffer = 0);
int pending_error(const Socket& socket);
void set_nonblocking(const Socket& socket);

/// True when the socket becomes ready for `events` in time; a negative time waits for ever.
bool wait_for(const Socket& socket, short events, int milliseconds);
/// Bytes that the peer's kernel has not confirmed yet.
std::size_t unconfirmed(const Socket& socket);

std::int64_t now_ms();
void sleep_ms(std::int64_t milliseconds);
/// Written whole or not at all, so that whoever waits for the file finds everything in it.
void write_file(const std::string& path, const std::string& text);

}  // namespace e2e

// Sockets for the load: an address, connections, and transfers that block.
#pragma once

#include <netinet/in.h>

#include <chrono>
#include <cstddef>
#include <string>

namespace load {

using Clock = std::chrono::steady_clock;

// Says what went wrong, with errno's words, and ends the program.
[[noreturn]] void fail(const char* what);
// As fail(), where errno says nothing.
[[noreturn]] void fail_plainly(const char* what);

double seconds_since(Clock::time_point start);

// HOST:PORT, or :PORT on 127.0.0.1; IPv4 only. Ends the program if it is neither.
sockaddr_in address_of(const std::string& place);

// A connection that sends at once what it is given (TCP_NODELAY) and waits at most `patience` for what it receives;
// -1, with errno, if there is none.
constexpr std::chrono::seconds patience{20};
int try_connect(const sockaddr_in& address);
int connect_to(const sockaddr_in& address);

void set_nonblocking(int fd);
void set_nodelay(int fd);

// All bytes or false.
bool write_all(int fd, const char* data, std::size_t size);
bool read_all(int fd, char* data, std::size_t size);

}  // namespace load

// Listen addresses of a Server, and copies of their sockets for a process that replaces it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "runtime/passed_sockets.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::detail {

/// Purpose of a listening socket of a Server.
enum class Endpoint : std::uint8_t { clients, http, https, connect, cluster };
/// The name by which another process finds a socket whose port the system chose.
const char* name_of(Endpoint endpoint) noexcept;

/// Thread-safe. The mutex is acquired last.
class ServerEndpoints {
public:
    ServerEndpoints() = default;
    ServerEndpoints(const ServerEndpoints&) = delete;
    ServerEndpoints& operator=(const ServerEndpoints&) = delete;

    /// Stores the address of a socket, and a copy of it. One socket may be several endpoints.
    void add(Endpoint endpoint, const runtime::Fd& listener);
    /// The address. Empty if there is none.
    std::string address(Endpoint endpoint) const;

    /// Copies of the sockets, with their names.
    std::vector<runtime::NamedSocket> sockets() const;
    /// Closes the copies: they are no longer for other processes.
    void drop_sockets();

private:
    static constexpr std::size_t count = 5;

    mutable Mutex mutex_;
    std::array<std::string, count> addresses_ GUARDED_BY(mutex_);
    std::vector<runtime::NamedSocket> sockets_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::detail

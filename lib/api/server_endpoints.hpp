// The addresses at which a Server listens, and copies of those sockets for a process that takes its place.
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

/// What a listening socket of a Server is for.
enum class Endpoint : std::uint8_t { clients, http, https, connect };
/// By which another process finds a socket whose port the system chose.
const char* name_of(Endpoint endpoint) noexcept;

/// Any thread. The mutex is locked last.
class ServerEndpoints {
public:
    ServerEndpoints() = default;
    ServerEndpoints(const ServerEndpoints&) = delete;
    ServerEndpoints& operator=(const ServerEndpoints&) = delete;

    /// Keeps the address of a socket, and a copy of it. One socket may be several endpoints.
    void add(Endpoint endpoint, const runtime::Fd& listener);
    /// Where that is; empty: nowhere.
    std::string address(Endpoint endpoint) const;

    /// Copies of the sockets, with their names.
    std::vector<runtime::NamedSocket> sockets() const;
    /// Closes the copies: no other process may have them any more.
    void drop_sockets();

private:
    static constexpr std::size_t count = 4;

    mutable Mutex mutex_;
    std::array<std::string, count> addresses_ GUARDED_BY(mutex_);
    std::vector<runtime::NamedSocket> sockets_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::detail

#include "admin/peer.hpp"

#include <sys/socket.h>

namespace ferrotunnel::admin {

std::optional<uid_t> user_at(int socket) noexcept {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || size != sizeof credentials) {
        return std::nullopt;
    }
    return credentials.uid;
}

}  // namespace ferrotunnel::admin

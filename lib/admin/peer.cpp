#include "admin/peer.hpp"

#include <pwd.h>
#include <sys/socket.h>

#include <array>

#include "admin/connection_user.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::admin {

std::optional<uid_t> user_at(int socket) noexcept {
    if (const runtime::SocketAddress theirs = runtime::peer_address(socket); !theirs.empty()) {
        return user_of_connection(theirs, runtime::local_address(socket));
    }
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || size != sizeof credentials) {
        return std::nullopt;
    }
    return credentials.uid;
}

std::string text_of_user(uid_t user) {
    std::array<char, 4'096> room{};
    passwd entry{};
    passwd* found = nullptr;
    const bool is_known = ::getpwuid_r(user, &entry, room.data(), room.size(), &found) == 0 && found != nullptr;
    return "user " + std::to_string(user) + (is_known ? " (" + std::string(entry.pw_name).substr(0, 64) + ')' : "");
}

}  // namespace ferrotunnel::admin

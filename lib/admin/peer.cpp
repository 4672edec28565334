#include "admin/peer.hpp"

#include <pwd.h>
#include <sys/socket.h>

#include <array>

namespace ferrotunnel::admin {

std::optional<uid_t> user_at(int socket) noexcept {
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

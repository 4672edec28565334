// Identity of the other end of a local socket.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace ferrotunnel::admin {

/// The user that the process at the other end runs as. For a Unix socket, the user when it connected or began to
/// listen; for a TCP connection within this machine, the present owner of the other socket. Empty if unknown.
std::optional<uid_t> user_at(int socket) noexcept;

/// "user 1000 (alice)", for people.
std::string text_of_user(uid_t user);

/// Whether a program of the user `owner` obeys this user: the owner itself, and root.
constexpr bool may_control(uid_t user, uid_t owner) noexcept {
    return user == owner || user == 0;
}

}  // namespace ferrotunnel::admin

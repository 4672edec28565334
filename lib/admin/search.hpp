// Paths of running programs' control sockets: where programs create them and commands search for them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::admin {

/// The folders in which programs of this user put their sockets by default. A program uses the first one; a command
/// searches all. There is at least one:
///   $RUNTIME_DIRECTORY, and no other, if it is set, as by service managers
///   /run/ferrotunnel for root
///   `ferrotunnel` below $XDG_RUNTIME_DIR or /run/user/UID, then /run/ferrotunnel, for others
std::vector<std::string> usual_folders(uid_t user);
/// The usual path of a program's socket; `side` is "server" or "client".
std::string usual_path(std::string_view side);

struct FoundSocket {
    std::string path;
    std::string side;  // from its name
};

struct Search {
    std::vector<FoundSocket> sockets;   // with a listener
    std::vector<std::string> problems;  // why some were skipped
};

/// Searches the usual folders for sockets of this process's user; as root also those that service managers create for
/// the units of docs/operations.md, /run/ferrotunnel-NAME, whose programs belong to other users.
Search find_sockets();

/// The user whose socket at `path` this process trusts: its own; for root the owner of the folder.
uid_t trusted_owner_of(const std::string& path);

/// Why this process must not trust the socket at `path`, as a sentence without its full stop; empty if it may. For a
/// missing socket only the folder is checked. Root trusts a socket if the socket and its folder have the same owner.
std::optional<std::string> distrust_of_socket(const std::string& path);

}  // namespace ferrotunnel::admin

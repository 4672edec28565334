// Where running programs have their control sockets, as programs choose the place and commands look for it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::admin {

/// The folders in which programs of this user put their sockets without being told where. A program takes the first
/// one; a command looks into all. There is one at least:
///   $RUNTIME_DIRECTORY alone, where it is set, as service managers do
///   /run/ferrotunnel for root
///   `ferrotunnel` below $XDG_RUNTIME_DIR or /run/user/UID, then /run/ferrotunnel, for others
std::vector<std::string> usual_folders(uid_t user);
/// The usual path of a program's socket; `side` is "server" or "client".
std::string usual_path(std::string_view side);

struct FoundSocket {
    std::string path;
    std::string side;  // as its name says
};

struct Search {
    std::vector<FoundSocket> sockets;   // at which somebody listens
    std::vector<std::string> problems;  // why some were not looked at
};

/// Looks in the usual folders for sockets of this process's user; as root also in those that service managers make for
/// the units of docs/operations.md, /run/ferrotunnel-NAME, whose programs are other users'.
Search find_sockets();

/// The user whose socket at `path` this process believes: its own; for root the one to whom the folder belongs.
uid_t believed_at(const std::string& path);

/// Why the socket at `path` is not to be trusted by this process's user, as a sentence without its end. Nothing: it is,
/// or it is not there. Root trusts what one user alone has made: a socket of the folder's owner.
std::optional<std::string> distrust_of_socket(const std::string& path);

}  // namespace ferrotunnel::admin

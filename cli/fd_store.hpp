// Sockets that a service manager keeps for this program: finds changes by name and by socket.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "ferrotunnel/passed_socket.hpp"

namespace ferrotunnel::cli {

class FdStore {
public:
    /// Closes the descriptors in its destructor.
    class Owned {
    public:
        explicit Owned(std::vector<PassedSocket> sockets) noexcept;
        ~Owned();
        Owned(const Owned&) = delete;
        Owned& operator=(const Owned&) = delete;
        const std::vector<PassedSocket>& all() const noexcept { return sockets_; }
        /// Whether every socket could be copied: a socket that could not be copied has the descriptor -1.
        bool is_complete() const noexcept;

    private:
        std::vector<PassedSocket> sockets_;
    };
    /// All sockets to keep under a name from now on, instead of the earlier ones; empty: none.
    struct Change {
        std::string name;
        std::vector<int> descriptors;  // descriptors of the copied sockets
        std::vector<ino_t> sockets;    // sorted
    };

    /// Whether the socket of this name belongs to a public TCP port, which only this program has given to the manager:
    /// socket units use the other names too.
    static bool is_public_port(const std::string& name) { return name.starts_with("tcp-"); }

    /// The changes from what is kept to `sockets`; sockets without a name, and those of UDP, are left out. A name with
    /// a socket that could not be copied stays as it is.
    std::vector<Change> changes(const Owned& sockets) const;
    /// Records that the manager has received the change.
    void note(const Change& change);

private:
    std::map<std::string, std::vector<ino_t>> stored_;
};

}  // namespace ferrotunnel::cli

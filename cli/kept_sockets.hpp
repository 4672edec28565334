// Which sockets a service manager keeps for this program: what has changed is found by name and by socket.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "ferrotunnel/passed_socket.hpp"

namespace ferrotunnel::cli {

class KeptSockets {
public:
    /// Closes the descriptors at its end.
    class Owned {
    public:
        explicit Owned(std::vector<PassedSocket> sockets) noexcept;
        ~Owned();
        Owned(const Owned&) = delete;
        Owned& operator=(const Owned&) = delete;
        const std::vector<PassedSocket>& all() const noexcept { return sockets_; }
        /// Whether each could be copied: what could not is without a descriptor.
        bool is_complete() const noexcept;

    private:
        std::vector<PassedSocket> sockets_;
    };
    /// All sockets that are to be kept under a name from now on, in the place of those that were; none: no more.
    struct Change {
        std::string name;
        std::vector<int> descriptors;  // of the Owned
        std::vector<ino_t> sockets;    // sorted
    };

    /// Whether the socket of this name is that of a public TCP port, which this program alone has given to the manager:
    /// socket units have the other names, too.
    static bool is_public_port(const std::string& name) { return name.starts_with("tcp-"); }

    /// What makes of what is kept what is to be kept: `sockets`, of which those without a name, and of UDP, are left
    /// out. A name of which a socket could not be copied stays as it is.
    std::vector<Change> changes(const Owned& sockets) const;
    /// The manager has been told.
    void note(const Change& change);

private:
    std::map<std::string, std::vector<ino_t>> kept_;
};

}  // namespace ferrotunnel::cli

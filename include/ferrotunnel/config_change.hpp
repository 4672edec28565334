// What two configurations say differently.
#pragma once

#include <string>

namespace ferrotunnel {

/// One key of which they do not say the same.
struct ConfigChange {
    std::string key;      ///< "client.services[web].local": an item of a list by its name
    std::string before;   ///< as it is written, secrets hidden; empty: nothing
    std::string now;      ///< likewise. The same as `before` where it stands for something else, like a file, now
    std::string place{};  ///< "ferrotunnel.yml:7:3", where it is said now, or else was before; empty: by default
    bool needs_restart = false;  ///< a reload does not apply it

    friend bool operator==(const ConfigChange&, const ConfigChange&) = default;
};

}  // namespace ferrotunnel

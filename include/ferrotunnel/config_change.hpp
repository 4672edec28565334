// A difference between two configurations.
#pragma once

#include <string>

namespace ferrotunnel {

/// One key whose values differ.
struct ConfigChange {
    std::string key;      ///< "client.services[web].local": an item of a list is identified by its name
    std::string before;   ///< as written, secrets hidden; empty: none
    std::string now;      ///< likewise; equal to `before` if only the content it refers to has changed, such as a file
    std::string place{};  ///< where it is set now, or was set before: "ferrotunnel.yml:7:3"; empty if by default
    bool needs_restart = false;  ///< a reload does not apply it

    friend bool operator==(const ConfigChange&, const ConfigChange&) = default;
};

}  // namespace ferrotunnel

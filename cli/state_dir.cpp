#include "state_dir.hpp"

#include <unistd.h>

#include "environment.hpp"

namespace ferrotunnel::cli {

std::string default_state_dir() {
    // systemd separates several folders by colons; the first one is used.
    if (const std::string given = environment_variable("STATE_DIRECTORY"); !given.empty()) {
        return given.substr(0, given.find(':'));
    }
    if (::geteuid() == 0) {
        return "/var/lib/ferrotunnel";
    }
    if (const std::string state = environment_variable("XDG_STATE_HOME"); state.starts_with('/')) {
        return state + "/ferrotunnel";
    }
    const std::string home = environment_variable("HOME");
    return home.empty() ? "" : home + "/.local/state/ferrotunnel";
}

}  // namespace ferrotunnel::cli

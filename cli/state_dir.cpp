#include "state_dir.hpp"

#include <unistd.h>

#include <cstdlib>

namespace ferrotunnel::cli {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace

std::string default_state_dir() {
    // systemd separates several folders by colons; the first is as good as any.
    if (const std::string given = variable("STATE_DIRECTORY"); !given.empty()) {
        return given.substr(0, given.find(':'));
    }
    if (::geteuid() == 0) {
        return "/var/lib/ferrotunnel";
    }
    if (const std::string state = variable("XDG_STATE_HOME"); state.starts_with('/')) {
        return state + "/ferrotunnel";
    }
    const std::string home = variable("HOME");
    return home.empty() ? "" : home + "/.local/state/ferrotunnel";
}

}  // namespace ferrotunnel::cli

#include "replace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>
#include <string_view>

#include "environment.hpp"
#include "ferrotunnel/control.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr int first_descriptor = 3;
constexpr int descriptors_max = 8'192;  // the unit lets systemd keep 4,096, and there may be socket units

int int_in(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

}  // namespace

OptionInfo replace_option() {
    return {"replace", "", "Replace the running server without dropping visitors",
            "Replace the server that runs with the same control socket: it continues until this one is ready, and then "
            "finishes its visitors. If none runs, this one starts as usual."};
}

std::string server_to_replace(const std::string& control) {
    std::string found;
    if (!control.empty() && control != "default") {
        found = control;
    } else {
        for (const ControlProgram& program : Control::programs()) {
            if (program.side != "server") {
                continue;
            }
            const bool is_usual = program.path.ends_with("/server.sock");
            if (!found.empty() && !is_usual) {
                if (!found.ends_with("/server.sock")) {
                    throw std::runtime_error("several servers run; choose the one to replace with --control");
                }
                continue;
            }
            found = program.path;
        }
    }
    if (!found.empty()) {
        try {
            (void)Control(found).status();
        } catch (const control_error& error) {
            if (error.why() != control_error::Why::nobody) {
                throw;
            }
            found.clear();
        }
    }
    return found;
}

std::vector<PassedSocket> sockets_of_manager() {
    std::vector<PassedSocket> sockets;
    const int count = int_in(environment_variable("LISTEN_FDS"));
    const std::string all_names = environment_variable("LISTEN_FDNAMES");
    std::string_view names = all_names;
    if (int_in(environment_variable("LISTEN_PID")) == ::getpid() && count > 0 && count <= descriptors_max) {
        for (int descriptor = first_descriptor; descriptor < first_descriptor + count; ++descriptor) {
            const std::size_t end = names.find(':');
            (void)::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
            sockets.push_back({descriptor, std::string(names.substr(0, end))});
            names.remove_prefix(end == std::string_view::npos ? names.size() : end + 1);
        }
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
        ::unsetenv(name);  // not for child processes
    }
    return sockets;
}

}  // namespace ferrotunnel::cli

#include "control_targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

std::string nobody_found(std::string_view side, const std::vector<std::string>& problems) {
    std::string text = fmt::format("no {} of this user runs with a control socket in the usual place",
                                   side.empty() ? "server or client" : side);
    for (const std::string& problem : problems) {
        text += fmt::format("; {}", printable(problem));
    }
    return text + (problems.empty() ? ". --control says where it is otherwise, and `sudo -u USER` asks another user's"
                                    : ". `sudo -u USER` asks another user's program");
}

std::string choice_of(const std::vector<ControlProgram>& programs) {
    std::string text;
    for (const ControlProgram& program : programs) {
        text += fmt::format("{}--control {}", text.empty() ? "" : " or ", printable(program.path));
    }
    return "several programs run; say which one is meant: " + text;
}

long process_of(const ControlProgram& program) {
    const auto status = nlohmann::json::parse(Control(program.path).status(), nullptr, false);
    const auto pid = status.is_object() ? status.find("pid") : status.end();
    return pid != status.end() && pid->is_number_integer() ? pid->get<long>() : 0;
}

}  // namespace

OptionSection asking_section() {
    return {"Which program",
            {
                {"control", "PATH", "Control socket of the program (default: the usual places)",
                 "Control socket of the program. Default: the sockets in $RUNTIME_DIRECTORY, /run/ferrotunnel and "
                 "$XDG_RUNTIME_DIR/ferrotunnel; for root also in /run/ferrotunnel-NAME of systemd units."},
            }};
}

std::vector<ControlProgram> wanted_programs(const Options& options, std::string_view side) {
    const std::string path = options.text("control").value_or("");
    if (!path.empty() && path != "off" && path != "default") {
        return {{path, std::string(side)}};
    }
    std::vector<std::string> problems;
    std::vector<ControlProgram> programs = Control::programs(&problems);
    std::erase_if(programs, [side](const ControlProgram& one) { return !side.empty() && one.side != side; });
    if (programs.empty()) {
        throw std::runtime_error(nobody_found(side, problems));
    }
    return programs;
}

ControlProgram wanted_program(const Options& options, std::string_view side, bool whole_program) {
    std::vector<ControlProgram> programs = wanted_programs(options, side);
    if (programs.size() > 1 && whole_program) {
        std::set<long> processes;
        for (const ControlProgram& program : programs) {
            processes.insert(process_of(program));
        }
        if (processes.size() == 1) {
            return programs.front();
        }
    }
    if (programs.size() > 1) {
        throw std::runtime_error(choice_of(programs));
    }
    return programs.front();
}

}  // namespace ferrotunnel::cli

#include "control_targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

std::string nobody_found(std::string_view side, const std::vector<std::string>& problems) {
    std::string text = fmt::format("no {} of this user has a control socket in the usual places",
                                   side.empty() ? "server or client" : side);
    for (const std::string& problem : problems) {
        text += fmt::format("; {}", printable(problem));
    }
    return text + (problems.empty() ? ". Name another socket with --control, or use `sudo -u USER` for another user's"
                                    : ". Use `sudo -u USER` for another user's program");
}

constexpr std::size_t described_programs_max = 8;  // each is queried
constexpr std::size_t described_names_max = 4;
constexpr std::chrono::milliseconds described_patience{1'000};  // for each

// The first few names of what a program offers.
std::string names_of(const nlohmann::json& list, const char* name) {
    std::string text;
    std::size_t count = 0;
    for (const nlohmann::json& one : list) {
        const std::string called = one.is_object() ? one.value(name, std::string()) : std::string();
        if (!called.empty() && ++count <= described_names_max) {
            text += (text.empty() ? "" : ", ") + called;
        }
    }
    return count > described_names_max ? text + fmt::format(" and {} more", count - described_names_max) : text;
}

// Identifies a program for the user: "client, pid 12: web, ssh". Only the side if it does not answer.
std::string description_of(const ControlProgram& program) {
    try {
        const auto status = nlohmann::json::parse(Control(program.path, described_patience).status());
        const bool is_server = program.side == "server";
        const std::string names = is_server ? names_of(status.value("tunnels", nlohmann::json::array()), "name")
                                            : names_of(status.value("services", nlohmann::json::array()), "name");
        return fmt::format("{}, pid {}{}{}", program.side, status.value("pid", 0L),
                           names.empty() ? "" : (is_server ? ", clients: " : ", services: "), names);
    } catch (const std::exception&) {
        return program.side;
    }
}

std::string choice_of(const std::vector<ControlProgram>& programs) {
    std::string text;
    for (std::size_t i = 0; i < std::min(programs.size(), described_programs_max); ++i) {
        text += fmt::format("{}--control {} ({})", text.empty() ? "" : " or ", printable(programs[i].path),
                            printable(description_of(programs[i])));
    }
    if (programs.size() > described_programs_max) {
        text += fmt::format(" or one of {} more, which `ferrotunnel status` lists",
                            programs.size() - described_programs_max);
    }
    return "several programs run; choose one: " + text;
}

long process_of(const ControlProgram& program) {
    const auto status = nlohmann::json::parse(Control(program.path).status(), nullptr, false);
    const auto pid = status.is_object() ? status.find("pid") : status.end();
    return pid != status.end() && pid->is_number_integer() ? pid->get<long>() : 0;
}

}  // namespace

OptionSection target_section() {
    return {"Which program",
            {
                {"control", "PATH", "Control socket of the program (default: the usual places)",
                 "Control socket of the program. Default: the sockets in $RUNTIME_DIRECTORY, /run/ferrotunnel and "
                 "$XDG_RUNTIME_DIR/ferrotunnel; for root also in /run/ferrotunnel-NAME of systemd units.",
                 false, 0, ValueKind::socket},
            }};
}

OptionSection member_target_section() {
    OptionSection section = target_section();
    OptionInfo member;
    member.name = "server";
    member.value = "NAME";
    member.brief = "Another server of its cluster, by its name";
    member.help =
        "Another server of the cluster that the program belongs to, by its name in the cluster: the request is "
        "forwarded to it. `ferrotunnel cluster status` lists the names.";
    member.has_variable = false;  // FERROTUNNEL_SERVER is the server of a client
    section.options.push_back(std::move(member));
    return section;
}

Control control_of(const ControlProgram& program, const Options& options) {
    const Control control(program.path);
    const std::optional<std::string> member = options.text("server");
    return member ? control.of_member(*member) : control;
}

std::string target_text(const ControlProgram& program, const Options& options) {
    const std::optional<std::string> member = options.text("server");
    return printable(program.path) + (member ? ", server " + printable(*member) : "");
}

std::vector<ControlProgram> selected_programs(const Options& options, std::string_view side) {
    side = options.has("server") ? "server" : side;  // only servers have a cluster
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

ControlProgram selected_program(const Options& options, std::string_view side, bool whole_program) {
    std::vector<ControlProgram> programs = selected_programs(options, side);
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

#include "doctor/machine_checks.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "doctor/limits.hpp"
#include "doctor/place_text.hpp"
#include "ferrotunnel/control.hpp"
#include "ferrotunnel/plugin_info.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

// A running program of this side, and its process.
struct Running {
    std::string path;
    long pid = 0;
};

// Whether a program with this status can be the one of the settings. `place`: of a client, its server; of a server, the
// end of the address for clients, ":7835".
bool can_be(const nlohmann::json& status, const std::string& side, const std::string& place) {
    if (side == "client") {
        return status.value("server", place) == place;
    }
    return status.value("endpoints", nlohmann::json::object()).value("clients", place).ends_with(place);
}

// Problems are added to `findings`.
std::optional<Running> find_running(const std::string& side, const std::string& control, const std::string& place,
                                    Findings& findings) {
    std::vector<ControlProgram> programs{{control, side}};
    if (control == "off") {
        return std::nullopt;
    }
    if (control.empty() || control == "default") {
        programs = Control::programs();
    }
    for (const ControlProgram& program : programs) {
        if (program.side != side) {
            continue;
        }
        try {
            const auto status = nlohmann::json::parse(Control(program.path, control_patience).status());
            if (can_be(status, side, place)) {
                return Running{program.path, status.value("pid", 0L)};
            }
        } catch (const control_error& error) {
            if (error.why() != control_error::Why::nobody) {
                findings.push_back(
                    warning(fmt::format("The control socket {} cannot be used: {}.", program.path, error.what()),
                            error.why() == control_error::Why::untrusted
                                ? "Run this command as the user of that program."
                                : "The program may be stopped or overloaded: see its log, or restart it."));
            }
        } catch (const nlohmann::json::exception&) {
            findings.push_back(warning(fmt::format("The program at {} does not give its status.", program.path),
                                       "Update it, or end it."));
        }
    }
    return std::nullopt;
}

Findings check_instance(const std::string& side, const std::string& control, const std::string& place,
                        std::string& running, long& pid) {
    Findings findings;
    if (const auto found = find_running(side, control, place, findings)) {
        running = found->path;
        pid = found->pid;
        findings.push_back(good(fmt::format("A {} runs here with these settings or similar ones (pid {}, {}).", side,
                                            found->pid, found->path)));
    } else if (findings.empty()) {
        findings.push_back(good(fmt::format("No {} of this user runs here with these settings.", side)));
    }
    return findings;
}

// The limit of a process, 0 if it cannot be read.
std::uint64_t limit_of(long pid) {
    std::ifstream lines(fmt::format("/proc/{}/limits", pid));
    constexpr std::string_view heading = "Max open files";
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(heading)) {
            std::istringstream values(line.substr(heading.size()));
            std::uint64_t soft = 0;
            values >> soft;
            return soft;
        }
    }
    return 0;
}

Findings check_descriptors(long pid, std::uint64_t needed) {
    rlimit own{};
    std::uint64_t limit = pid != 0 ? limit_of(pid) : 0;
    if (limit == 0 && ::getrlimit(RLIMIT_NOFILE, &own) == 0) {
        limit = own.rlim_max;  // which a program of FerroTunnel uses
    }
    return {judge_descriptors(limit, needed)};
}

}  // namespace

Finding judge_descriptors(std::uint64_t limit, std::uint64_t needed) {
    if (limit < needed) {
        return warning(fmt::format("Only {} open files are allowed, which is enough for about {} visitors at a time.",
                                   limit, limit / 3),
                       "Raise it: LimitNOFILE=65536 in the unit, `ulimit -n` in a shell, --ulimit nofile in a "
                       "container.");
    }
    return good(fmt::format("{} open files are allowed.", limit));
}

Findings check_client_instance(ClientSubject& at, Deadline) {
    return check_instance("client", at.control, text_of(at.place), at.running, at.running_pid);
}

Findings check_server_instance(ServerSubject& at, Deadline) {
    const std::uint16_t port = parts_of(at.section.bind).port;
    return check_instance("server", at.control, port == 0 ? "" : ':' + std::to_string(port), at.running,
                          at.running_pid);
}

Findings check_client_descriptors(ClientSubject& at, Deadline) {
    return check_descriptors(at.running_pid, client_descriptors_min);
}

Findings check_server_descriptors(ServerSubject& at, Deadline) {
    return check_descriptors(at.running_pid, server_descriptors_min);
}

Findings check_client_plugins(ClientSubject& at, Deadline) {
    Findings findings;
    if (at.config) {
        for (const Problem& problem : at.config->service_plugin_problems()) {
            findings.push_back(fault(as_sentence(to_text(problem)),
                                     "`ferrotunnel plugin list` shows the plugins of this "
                                     "machine; the server needs them too."));
        }
    }
    if (findings.empty()) {
        findings.push_back(good("The services request no plugin that cannot be used."));
    }
    return findings;
}

Findings check_server_plugins(ServerSubject& at, Deadline) {
    if (const std::string why = shipped_plugins_fault(); !why.empty()) {
        return {warning(fmt::format("The shipped plugins are ignored: {}.", why),
                        "Let only root and the server's user write into their folder.")};
    }
    Findings findings;
    std::size_t usable = 0;
    for (const PluginFileInfo& file : shipped_plugins()) {
        if (file.is_usable()) {
            ++usable;
        } else {
            findings.push_back(warning(fmt::format("{} cannot be used.", file.file),
                                       fmt::format("`ferrotunnel plugin check {}` shows why.", file.file)));
        }
    }
    if (findings.empty() && usable == 0) {
        findings.push_back(
            at.section.plugins.empty()
                ? good("No plugins are installed, and none are configured.")
                : fault(fmt::format("There are no plugins in {}.", shipped_plugins_folder()),
                        "Install them (`cmake --install`, or the package), or set FERROTUNNEL_PLUGINS."));
    } else if (findings.empty()) {
        findings.push_back(good(fmt::format("{} plugins are found in {}.", usable, shipped_plugins_folder())));
    }
    return findings;
}

}  // namespace ferrotunnel::cli::doctor

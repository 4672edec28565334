#include "doctor/machine_checks.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "doctor/client_plugins.hpp"
#include "doctor/limits.hpp"
#include "doctor/place_text.hpp"
#include "doctor/running_client.hpp"
#include "ferrotunnel/control.hpp"
#include "ferrotunnel/detail/server_place.hpp"
#include "ferrotunnel/plugin_info.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

// A running program of this side, and its process.
struct Running {
    std::string path;
    long pid = 0;
};

// What a running program must have to be the one that is examined.
struct Sought {
    std::string side;
    std::string control;  // as in the settings
    std::string place{};  // of a client, its server; of a server, the end of its address for clients; empty: any
    std::set<std::string> names{};  // of a client's services; it has one of them. Empty: any
};

bool is_usual(const std::string& control) {
    return control.empty() || control == "default";
}

// Whether a program with this status has that place.
bool has_place(const nlohmann::json& status, const Sought& sought) {
    if (sought.side == "client") {
        return sought.place.empty() || status.value("server", sought.place) == sought.place;
    }
    return status.value("endpoints", nlohmann::json::object()).value("clients", sought.place).ends_with(sought.place);
}

// Problems are added to `findings`. `other` gets a program that has the server but none of the names.
std::optional<Running> find_running(const Sought& sought, Findings& findings, std::optional<Running>& other) {
    std::vector<ControlProgram> programs{{sought.control, sought.side}};
    if (sought.control == "off") {
        return std::nullopt;
    }
    if (is_usual(sought.control)) {
        programs = Control::programs();
    }
    for (const ControlProgram& program : programs) {
        if (program.side != sought.side) {
            continue;
        }
        try {
            const Control control(program.path, control_patience);
            const auto status = nlohmann::json::parse(control.status());
            if (!has_place(status, sought)) {
                continue;
            }
            Running found{program.path, status.value("pid", 0L)};
            if (sought.names.empty() || is_client_of(read_running_services(control.services()), sought.names)) {
                return found;
            }
            other = std::move(found);
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

Findings check_instance(const Sought& sought, std::string& running, long& pid) {
    Findings findings;
    std::optional<Running> other;
    if (const auto found = find_running(sought, findings, other)) {
        running = found->path;
        pid = found->pid;
        findings.push_back(good(fmt::format("A {} runs here with these settings or similar ones (pid {}, {}).",
                                            sought.side, found->pid, found->path)));
    } else if (other) {
        findings.push_back(
            good(fmt::format("Another client of this server runs here, with none of these services (pid "
                             "{}, {}); its services are not examined.",
                             other->pid, other->path)));
    } else if (findings.empty()) {
        findings.push_back(good(fmt::format("No {} of this user runs here with these settings.", sought.side)));
    }
    return findings;
}

// The names of the services of a file, also of those that are off.
std::set<std::string> names_of(const Config::ClientSection& section) {
    std::set<std::string> names;
    const auto add = [&names](const auto& services) {
        for (const auto& service : services) {
            names.insert(service.name);
        }
    };
    add(section.services);
    add(section.http_services);
    add(section.tls_services);
    add(section.udp_services);
    return names;
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
    Sought sought{"client", at.control, text_of(at.place)};
    if (is_usual(at.control)) {  // otherwise the socket tells the clients apart
        sought.names = names_of(at.section);
    }
    return check_instance(sought, at.running, at.running_pid);
}

Findings check_server_instance(ServerSubject& at, Deadline) {
    const std::uint16_t port = parts_of(at.section.bind).port;
    return check_instance({"server", at.control, port == 0 ? "" : ':' + std::to_string(port)}, at.running,
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
    if (findings.empty() && !at.refused_plugins.empty()) {
        findings.push_back(skipped(fmt::format("The server refuses services for their plugins ({}): see `services`.",
                                               fmt::join(at.refused_plugins, ", "))));
    } else if (findings.empty()) {
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
    std::set<std::string> found;  // types
    for (const PluginFileInfo& file : shipped_plugins()) {
        if (file.is_usable()) {
            ++usable;
            for (const PluginTypeInfo& type : file.types) {
                found.insert(type.name);
            }
        } else {
            findings.push_back(warning(fmt::format("{} cannot be used.", file.file),
                                       fmt::format("`ferrotunnel plugin check {}` shows why.", file.file)));
        }
    }
    if (findings.empty() && usable == 0 && !at.section.plugins.empty()) {
        findings.push_back(fault(fmt::format("There are no plugins in {}.", shipped_plugins_folder()),
                                 "Install them (`cmake --install`, or the package), or set FERROTUNNEL_PLUGINS."));
    } else if (findings.empty()) {
        findings = judge_client_plugins(detail::client_plugin_types(at.builder()), found, shipped_plugins_folder());
    }
    if (std::ranges::all_of(findings, [](const Finding& one) { return one.severity <= Severity::note; })) {
        findings.insert(
            findings.begin(),
            good(usable == 0 ? "No plugins are installed, and none are configured or allowed to clients."
                             : fmt::format("{} plugins are found in {}.", usable, shipped_plugins_folder())));
    }
    return findings;
}

}  // namespace ferrotunnel::cli::doctor

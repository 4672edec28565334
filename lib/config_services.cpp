// The services of a client in a configuration file. Each item says by one key of its own what kind it is: `tcp` so far.
#include <map>
#include <utility>

#include "config_sections.hpp"

namespace ferrotunnel::detail {
namespace {

using config::assign;
using config::Section;
using config::Value;

/// "22" is port 22 of this machine, as on the command line.
std::string with_host(std::string local) {
    const bool is_port = local.find_first_not_of("0123456789") == std::string::npos;
    return is_port ? ':' + local : local;
}

// Names and public ports that services before have taken, with their lines.
struct Taken {
    std::map<std::string, unsigned> names;
    std::map<std::uint16_t, unsigned> ports;
};

// What check_service finds, at the key that it is about.
bool is_good(Tcp& tcp, const Value& local, const std::optional<Value>& name) {
    std::vector<Problem> problems;
    check_service(tcp, false, problems);
    for (const Problem& problem : problems) {
        (problem.key == "name" && name ? *name : local).problem(problem.text);
    }
    return problems.empty();
}

bool is_new(const Tcp& tcp, const Value& port, const Value& place_of_name, Taken& taken) {
    const auto [named, fresh_name] = taken.names.emplace(tcp.name, place_of_name.place().line);
    if (!fresh_name) {
        place_of_name.problem("a second service is called " + config::quoted(tcp.name) + "; the first one is in line " +
                              std::to_string(named->second));
    }
    if (tcp.remote_port == 0) {
        return fresh_name;
    }
    const auto [bound, fresh_port] = taken.ports.emplace(tcp.remote_port, port.place().line);
    if (!fresh_port) {
        port.problem("the public port " + std::to_string(tcp.remote_port) +
                     " is there twice; the first one is in line " + std::to_string(bound->second));
    }
    return fresh_name && fresh_port;
}

void read_service(const Value& item, Taken& taken, std::vector<Tcp>& services) {
    if (!item.is_group()) {
        item.unexpected("a service, like {tcp: 2222, local: 127.0.0.1:22}");
        return;
    }
    Section section = item.section();
    const std::optional<Value> port = section.find("tcp");
    const std::optional<Value> local = section.find("local");
    const std::optional<Value> name = section.find("name");
    section.finish();
    if (!port) {
        item.problem("`tcp` is missing: the public port, or 0 for one that the server chooses");
    }
    if (!local) {
        item.problem("`local` is missing: where visitors are connected to, like 127.0.0.1:22");
    }
    Tcp tcp;
    const auto remote_port = port ? port->number(0, 65'535) : std::nullopt;
    const auto address = local ? local->word() : std::nullopt;
    const auto called = name ? name->word() : std::nullopt;
    if (!remote_port || !address || (name && !called)) {
        return;
    }
    tcp.remote_port = static_cast<std::uint16_t>(*remote_port);
    tcp.local = with_host(*address);
    tcp.name = called.value_or("");
    if (is_good(tcp, *local, name) && is_new(tcp, *port, name ? *name : *port, taken)) {
        services.push_back(std::move(tcp));
    }
}

}  // namespace

std::vector<Tcp> read_services(const Value& list) {
    std::vector<Tcp> services;
    Taken taken;
    for (const Value& item : list.items()) {
        read_service(item, taken, services);
    }
    return services;
}

}  // namespace ferrotunnel::detail
